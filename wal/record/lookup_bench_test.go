package record

import "testing"

func BenchmarkKeylessRecords(b *testing.B) {
	for _, c := range codecs {
		batch := recompressed(b, many(500, 100), c, -1)
		b.Run(c.String(), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(batch)))
			for b.Loop() {
				if _, err := batch.KeylessRecords(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRecompress(b *testing.B) {
	batch := many(500, 100)
	for _, c := range codecs[1:] {
		b.Run(c.String(), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(batch)))
			var k Packer
			for b.Loop() {
				if _, err := k.Recompress(batch, c, -1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
