-- Images that look alike are found by the four bands of their perceptual hash; each index holds the whole hash, so that
-- hashes are compared without their rows.
create index panel_band_first on panel (((phash >> 48) & 65535), phash);
create index panel_band_second on panel (((phash >> 32) & 65535), phash);
create index panel_band_third on panel (((phash >> 16) & 65535), phash);
create index panel_band_fourth on panel ((phash & 65535), phash);
