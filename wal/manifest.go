package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// Manifest describes the committed beginning of a log, as one replica offers it to another. What always holds, and is checked
// by ParseManifest: the files follow each other without a hole from First to Last, each with whole entries only; without files
// the log is empty, and Last is First-1.
//
// Entries that are committed never change, so two files that begin with the same entry hold the same bytes as far as both
// reach, on whichever replica they lie. That is why a transfer may go on with another manifest than it began with.
type Manifest struct {
	// First is the index of the first entry, PrevTerm the term of the one before it, Base the offset of its first record.
	First    uint64
	PrevTerm uint64
	Base     int64
	// Last is the index of the last entry, Term its term.
	Last uint64
	Term uint64
	// StateBytes and StateSum, a CRC-32C, are of the owner's state as of Last.
	StateBytes int64
	StateSum   uint32
	// Files are oldest first.
	Files []ManifestFile
}

// ManifestFile is one segment of a manifest.
type ManifestFile struct {
	First   uint64 // index of the first entry, and the file's name
	Bytes   int64
	Last    uint64 // index of the last entry
	Next    int64  // offset behind the last record
	Created time.Time
}

// StateFile is the number by which the owner's state is asked for; segments are asked for by the index of their first entry.
const StateFile = 0

// A manifest is sent as
//
//	 0  4  CRC-32C of everything behind this field
//	 4  4  "MAN1"
//	 8  8  index of the first entry
//	16  8  term of the entry before it
//	24  8  offset of its first record
//	32  8  index of the last entry
//	40  8  its term
//	48  8  bytes of the owner's state
//	56  4  CRC-32C of the owner's state
//	60     for each file: first index 8, bytes 8, last index 8, next offset 8, created 8 (milliseconds)
//
// All integers are big-endian.
const (
	manifestMagic  = "MAN1"
	manifestHeader = 60
	manifestFile   = 40
)

// Append adds the manifest as it is sent to b.
func (m *Manifest) Append(b []byte) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	b = append(b, manifestMagic...)
	for _, v := range []uint64{m.First, m.PrevTerm, uint64(m.Base), m.Last, m.Term, uint64(m.StateBytes)} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = binary.BigEndian.AppendUint32(b, m.StateSum)
	for _, f := range m.Files {
		for _, v := range []uint64{f.First, uint64(f.Bytes), f.Last, uint64(f.Next), uint64(f.Created.UnixMilli())} {
			b = binary.BigEndian.AppendUint64(b, v)
		}
	}
	binary.BigEndian.PutUint32(b[at:], crc32.Checksum(b[at+4:], castagnoli))
	return b
}

// ParseManifest reads what Append wrote, and refuses anything else. It allocates in proportion to p.
func ParseManifest(p []byte) (Manifest, error) {
	var m Manifest
	switch {
	case len(p) < manifestHeader || (len(p)-manifestHeader)%manifestFile != 0:
		return m, fmt.Errorf("reading a manifest: %d bytes are none", len(p))
	case string(p[4:8]) != manifestMagic:
		return m, fmt.Errorf("reading a manifest: it begins with %q, not %q: it is of another version", p[4:8], manifestMagic)
	case crc32.Checksum(p[4:], castagnoli) != binary.BigEndian.Uint32(p):
		return m, fmt.Errorf("reading a manifest: %w", errChecksum)
	}
	u := func(at int) uint64 { return binary.BigEndian.Uint64(p[at:]) }
	m = Manifest{
		First: u(8), PrevTerm: u(16), Base: int64(u(24)), Last: u(32), Term: u(40),
		StateBytes: int64(u(48)), StateSum: binary.BigEndian.Uint32(p[56:]),
	}
	for at := manifestHeader; at < len(p); at += manifestFile {
		m.Files = append(m.Files, ManifestFile{u(at), int64(u(at + 8)), u(at + 16), int64(u(at + 24)), time.UnixMilli(int64(u(at + 32)))})
	}
	if err := m.check(); err != nil {
		return Manifest{}, fmt.Errorf("reading a manifest: %w", err)
	}
	return m, nil
}

func (m *Manifest) check() error {
	index, next := m.First, m.Base
	for _, f := range m.Files {
		if f.First != index || f.Last < f.First || f.Last == 1<<64-1 || f.Next < next || f.Bytes <= 0 {
			return fmt.Errorf("the file that begins with entry %d does not follow what is before it", f.First)
		}
		index, next = f.Last+1, f.Next
	}
	switch {
	case m.First == 0 || m.Last+1 != index:
		return fmt.Errorf("its files end with entry %d, not with %d", index-1, m.Last)
	case m.Term < m.PrevTerm || m.Base < 0 || m.StateBytes < 0:
		return errors.New("a term goes back, or an offset or a length is negative")
	}
	return nil
}

// Bytes is how much there is to transfer.
func (m *Manifest) Bytes() int64 {
	n := m.StateBytes
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// base is the offset of the first record of the i-th file.
func (m *Manifest) base(i int) int64 {
	if i == 0 {
		return m.Base
	}
	return m.Files[i-1].Next
}

// end is the place behind the last entry.
func (m *Manifest) end() position {
	if len(m.Files) == 0 {
		return position{first: m.First, last: m.Last}
	}
	f := m.Files[len(m.Files)-1]
	return position{f.First, f.Bytes, f.Last}
}
