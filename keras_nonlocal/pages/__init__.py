"""HTML templates and drawing that pages share."""
