package figure

import "io"

// WritePNG writes the drawing as PNG at a resolution of its own: documents and
// pages need fewer dots than print.
func WritePNG(d *Drawing, dpi int, w io.Writer) error { return write(d, "png", w, max(1, dpi)) }
