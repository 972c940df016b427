"""Static files in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashes names, in `import … from "./x.js"` too, so that a deploy changes all at once."""

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        """Under its own name while it is not collected: that costs caching, not the site."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
