"""What is one's own: the time zone and the look of the pages, and the page to choose them."""
