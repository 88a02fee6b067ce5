package wal

import (
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"testing"
	"time"
)

func testManifest() Manifest {
	return Manifest{
		First: 11, PrevTerm: 2, Base: 100, Last: 30, Term: 5, StateBytes: 7, StateSum: 99,
		Files: []ManifestFile{
			{First: 11, Bytes: 4096, Last: 20, Next: 160, Created: time.UnixMilli(5)},
			{First: 21, Bytes: 100, Last: 30, Next: 160, Created: time.UnixMilli(6)},
		},
	}
}

func TestManifestIsReadAsItWasSent(t *testing.T) {
	for _, m := range []Manifest{testManifest(), {First: 8, PrevTerm: 1, Base: 3, Last: 7, Term: 1}} {
		got, err := ParseManifest(m.Append(nil))
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, m)
		}
	}
	m := testManifest()
	if got := m.Bytes(); got != 4096+100+7 {
		t.Errorf("%d bytes to transfer", got)
	}
}

func TestManifestThatCannotBeIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Manifest){
		"a hole":                     func(m *Manifest) { m.Files[1].First++ },
		"a file that ends too early": func(m *Manifest) { m.Files[1].Last = 29 },
		"a file without entries":     func(m *Manifest) { m.Files[0].Last = 10; m.Files[1].First = 11 },
		"a file without bytes":       func(m *Manifest) { m.Files[0].Bytes = 0 },
		"offsets that go back":       func(m *Manifest) { m.Files[1].Next = 159 },
		"a negative offset":          func(m *Manifest) { m.Base = -1 },
		"a term that goes back":      func(m *Manifest) { m.Term = 1 },
		"a first file too late":      func(m *Manifest) { m.First = 10 },
		"no files but entries":       func(m *Manifest) { m.Files = nil },
		"a negative state":           func(m *Manifest) { m.StateBytes = -1 },
		"no first index":             func(m *Manifest) { *m = Manifest{Last: 1<<64 - 1} },
	} {
		m := testManifest()
		spoil(&m)
		if _, err := ParseManifest(m.Append(nil)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	m := testManifest()
	good := m.Append(nil)
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 4
		if _, err := ParseManifest(bad); err == nil {
			t.Errorf("a change of byte %d goes unnoticed", i)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	m := testManifest()
	f.Add(m.Append(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > 4 {
			binary.BigEndian.PutUint32(p, crc32.Checksum(p[4:], castagnoli))
		}
		m, err := ParseManifest(p)
		if err != nil {
			return
		}
		if again := m.Append(nil); string(again) != string(p) {
			t.Errorf("read and written again:\n%x\n%x", p, again)
		}
		_ = m.end()
	})
}
