"""Who somebody is and what they may see: sessions, audiences, rights."""
