package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// lines says how text becomes records.
type lines struct {
	separator string   // between key and value; "": no keys
	null      string   // what stands for null; "": nothing does
	headers   []string // KEY=VALUE

	parsed []kgo.RecordHeader
}

// check reads the headers.
func (l *lines) check() error {
	for _, h := range l.headers {
		key, value, ok := strings.Cut(h, "=")
		if !ok || key == "" {
			return misusef("--header %s: want KEY=VALUE", h)
		}
		l.parsed = append(l.parsed, kgo.RecordHeader{Key: key, Value: []byte(value)})
	}
	return nil
}

// each makes records of the lines of in, or of the files if there are any, or one of each whole file.
func (l *lines) each(in io.Reader, files []string, whole bool, limit int, send func(*kgo.Record) error) error {
	if len(files) == 0 {
		return l.eachLine("standard input", in, limit, send)
	}
	for _, name := range files {
		if err := l.eachOf(name, whole, limit, send); err != nil {
			return err
		}
	}
	return nil
}

func (l *lines) eachOf(name string, whole bool, limit int, send func(*kgo.Record) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if !whole {
		return l.eachLine(name, f, limit, send)
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > limit {
		return fmt.Errorf("%s is larger than %d bytes; raise --max-batch-bytes, and the topic's max.message.bytes", name, limit)
	}
	return send(&kgo.Record{Value: text, Headers: l.parsed})
}

func (l *lines) eachLine(name string, in io.Reader, limit int, send func(*kgo.Record) error) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 0, min(64<<10, limit+1)), limit+1)
	n := 0
	for scanner.Scan() {
		n++
		r, err := l.record(bytes.Clone(scanner.Bytes()))
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		if err := send(r); err != nil {
			return err
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s, line %d is longer than %d bytes; raise --max-batch-bytes, and the topic's max.message.bytes", name, n+1, limit)
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// record makes a record of a line, which it keeps.
func (l *lines) record(line []byte) (*kgo.Record, error) {
	r := &kgo.Record{Headers: l.parsed}
	if l.separator == "" {
		r.Value = l.maybeNull(line)
		return r, nil
	}
	key, value, ok := bytes.Cut(line, []byte(l.separator))
	if !ok {
		return nil, fmt.Errorf("there is no key separator %q in it", l.separator)
	}
	r.Key, r.Value = l.maybeNull(key), l.maybeNull(value)
	return r, nil
}

// maybeNull is text, never nil unless it stands for null.
func (l *lines) maybeNull(text []byte) []byte {
	if l.null != "" && string(text) == l.null {
		return nil
	}
	if text == nil {
		return []byte{}
	}
	return text
}
