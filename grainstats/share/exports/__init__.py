"""The database in the forms that others read: CSV, Parquet, Data Package, RDE data set, BOXVIA."""

from grainstats.share.exports.export import FORMS, Form, export

__all__ = ["FORMS", "Form", "export"]
