package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// head says where a log begins. Once something was dropped, it is kept in a file, "head":
//
//	 0  4  CRC-32C of everything behind this field
//	 4  4  "HEAD"
//	 8  8  index of the first entry
//	16  8  term of the entry before it
//	24  8  offset of its first record, or the next one to assign
//
// All integers are big-endian. Without the file a log begins at index 1, term 0, offset 0.
type head struct {
	first  uint64
	term   uint64
	offset int64
}

const headSize = 32

func (h head) encode() []byte {
	b := make([]byte, 8, headSize)
	copy(b[4:], "HEAD")
	b = binary.BigEndian.AppendUint64(b, h.first)
	b = binary.BigEndian.AppendUint64(b, h.term)
	b = binary.BigEndian.AppendUint64(b, uint64(h.offset))
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

func readHead(dir string) (head, error) {
	b, err := os.ReadFile(filepath.Join(dir, headFile))
	if errors.Is(err, os.ErrNotExist) {
		return head{first: 1}, nil
	}
	if err != nil {
		return head{first: 1}, err
	}
	if len(b) != headSize || string(b[4:8]) != "HEAD" {
		return head{first: 1}, fmt.Errorf("it has %d bytes, or does not begin with \"HEAD\"", len(b))
	}
	if crc32.Checksum(b[4:], castagnoli) != binary.BigEndian.Uint32(b) {
		return head{first: 1}, errChecksum
	}
	h := head{binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:]), int64(binary.BigEndian.Uint64(b[24:]))}
	return h, nil
}

// DropHead deletes the sealed segments that lie wholly below offset, whole files, and returns the new first index.
func (l *Log) DropHead(offset int64) (uint64, error) {
	if err := l.usable("dropping the head of"); err != nil {
		return l.head.first, err
	}
	n := 0
	for n < len(l.sealed) && l.sealed[n].next <= offset {
		n++
	}
	if n == 0 {
		return l.head.first, nil
	}
	dropped := l.sealed[:n:n]
	h := head{first: l.tail.seg.first, offset: l.tail.seg.base}
	if n < len(l.sealed) {
		h.first, h.offset = l.sealed[n].seg.first, l.sealed[n].seg.base
	}
	var err error
	if h.term, err = l.Term(h.first - 1); err != nil {
		return l.head.first, err
	}
	err = replaceFile(l.store.disk, filepath.Join(l.dir, headFile), h.encode(), l.dir)
	if outOfSpace(err) && l.store.room.giveUpBallast() {
		err = replaceFile(l.store.disk, filepath.Join(l.dir, headFile), h.encode(), l.dir)
	}
	if err != nil {
		return l.head.first, storageErr(err, "dropping the head of %s", l.name)
	}
	l.head = h
	for i := range dropped {
		dropped[i].seg.valid.Store(0)
	}
	l.sealed = append([]span(nil), l.sealed[n:]...)
	l.dropTerms()
	if !l.offers.retire(dropped) {
		l.store.behind(func() { l.deleteSegments(dropped) })
	}
	return h.first, nil
}

// dropTerms forgets the terms that ended before the first entry, and lets the one it is in begin there.
func (l *Log) dropTerms() {
	t := 0
	for t+1 < len(l.terms) && l.terms[t+1].index <= l.head.first {
		t++
	}
	terms := append([]termStart(nil), l.terms[t:]...)
	if len(terms) > 0 && terms[0].index < l.head.first {
		if l.tail.last < l.head.first {
			terms = nil
		} else {
			terms[0].index, terms[0].offset = l.head.first, l.head.offset
		}
	}
	l.terms = terms
}

// deleteSegments deletes dropped files, the oldest first: a crash leaves no hole.
func (l *Log) deleteSegments(dropped []span) {
	for i := range dropped {
		seg := dropped[i].seg
		l.store.indexes.forget(seg)
		l.store.files.forget(seg)
		if err := errors.Join(os.Remove(seg.path()), ignoreMissing(os.Remove(seg.indexPath()))); err != nil {
			l.store.log.Warn().Err(err).Str("log", l.name).Msg("could not delete a dropped segment; it is tried again at the next start")
			return
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
