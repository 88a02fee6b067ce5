package record

import "io"

// Packer keeps the encoder of the last batch for the next one: making an encoder costs more than packing a batch of a few
// kilobytes. The zero value is ready. It is for one goroutine at a time; whoever has many batches to pack keeps a few Packers,
// since this package keeps nothing.
type Packer struct {
	codec Compression
	step  int
	kept  encoder // of codec and step; nil: none
}

// encoder is a writer that can begin anew.
type encoder interface {
	io.WriteCloser
	Reset(to io.Writer)
}

// Recompress is Batch.Recompress with the Packer's encoder.
func (k *Packer) Recompress(b Batch, c Compression, level int) (Batch, error) {
	return b.recompress(k, c, level)
}

// begin begins to write packed bytes to to.
func (k *Packer) begin(c Compression, level int, to io.Writer) (io.WriteCloser, error) {
	step := step(c, level)
	if k.kept != nil && k.codec == c && k.step == step {
		k.kept.Reset(to)
		return k.kept, nil
	}
	w, err := pack(c, step, to)
	if e, ok := w.(encoder); ok && err == nil {
		k.codec, k.step, k.kept = c, step, e
	}
	return w, err
}

// rest makes the encoder let go of what it wrote to.
func (k *Packer) rest() {
	if k.kept != nil {
		k.kept.Reset(io.Discard)
	}
}
