package assets

import "embed"

// UI holds what the window draws with: fonts (SIL Open Font Licence, texts beside them), icons and translations.
//
//go:embed fonts/*.otf fonts/JetBrainsMono-*.ttf icons translations/*.yaml
var UI embed.FS
