"""Static files in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashes names, in `import … from "./x.js"` too, so that a deploy changes all at once."""

    support_js_module_import_aggregation = True
    manifest_strict = False  # a missing collectstatic costs caching, not the site
