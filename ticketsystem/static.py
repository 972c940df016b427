"""How static files are stored and named in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Puts a hash of its content into each file's name, and into `import … from "./x.js"` too.

    A page then loads the scripts that it was written for, even while a deploy replaces them.
    """

    support_js_module_import_aggregation = True
    # A script's name holds the hash of what it imports, and so on: one pass for each step of the
    # longest chain of imports. A ring would never end, and Django reads comments too.
    max_post_process_passes = 20

    def stored_name(self, name: str) -> str:
        """The name with the hash. If the file was not collected yet, its plain name: Django would
        raise an error, and every page would fail. So pages work, and browsers keep the file for a
        short time only."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
