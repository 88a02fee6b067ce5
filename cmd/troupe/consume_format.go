package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"
)

const formatHelp = `In --format,
  %t  topic             %k  key            %K  length of the key, -1 for null
  %p  partition         %v  value          %V  length of the value, -1 for null
  %o  offset            %h  headers, as k=v,k=v
  %T  timestamp, in milliseconds           %D  timestamp, as RFC 3339
  %%  a per cent sign   \n \t \r \0 \\     \xNN  a byte`

// recordFormat prints one record. The writer keeps its first error.
type recordFormat func(w *bufio.Writer, r *kgo.Record)

// parseFormat compiles a template, once, to the pieces that print it.
func parseFormat(template, null string) (recordFormat, error) {
	var pieces []recordFormat
	for len(template) > 0 {
		literal, n := template[:1], 1
		var piece recordFormat
		var err error
		switch template[0] {
		case '%':
			piece, n, err = verb(template, null)
		case '\\':
			literal, n, err = escape(template)
		default:
			if n = strings.IndexAny(template, `%\`); n < 0 {
				n = len(template)
			}
			literal = template[:n]
		}
		if err != nil {
			return nil, err
		}
		if piece == nil {
			piece = func(w *bufio.Writer, _ *kgo.Record) { w.WriteString(literal) }
		}
		pieces = append(pieces, piece)
		template = template[n:]
	}
	return func(w *bufio.Writer, r *kgo.Record) {
		for _, piece := range pieces {
			piece(w, r)
		}
	}, nil
}

// verb reads "%x" at the beginning of text and returns what prints it, and its length.
func verb(text, null string) (recordFormat, int, error) {
	if len(text) < 2 {
		return nil, 0, errors.New("it ends in a single %; write %% for a per cent sign")
	}
	number := func(of func(*kgo.Record) int64) recordFormat {
		return func(w *bufio.Writer, r *kgo.Record) { w.Write(strconv.AppendInt(w.AvailableBuffer(), of(r), 10)) }
	}
	bytesOr := func(of func(*kgo.Record) []byte) recordFormat {
		return func(w *bufio.Writer, r *kgo.Record) {
			if b := of(r); b != nil {
				w.Write(b)
			} else {
				w.WriteString(null)
			}
		}
	}
	verbs := map[byte]recordFormat{
		'%': func(w *bufio.Writer, _ *kgo.Record) { w.WriteByte('%') },
		't': func(w *bufio.Writer, r *kgo.Record) { w.WriteString(r.Topic) },
		'D': func(w *bufio.Writer, r *kgo.Record) { w.WriteString(rfc3339(r.Timestamp)) },
		'h': printHeaders,
		'p': number(func(r *kgo.Record) int64 { return int64(r.Partition) }),
		'o': number(func(r *kgo.Record) int64 { return r.Offset }),
		'T': number(func(r *kgo.Record) int64 { return r.Timestamp.UnixMilli() }),
		'K': number(func(r *kgo.Record) int64 { return lengthOrNull(r.Key) }),
		'V': number(func(r *kgo.Record) int64 { return lengthOrNull(r.Value) }),
		'k': bytesOr(func(r *kgo.Record) []byte { return r.Key }),
		'v': bytesOr(func(r *kgo.Record) []byte { return r.Value }),
	}
	piece, ok := verbs[text[1]]
	if !ok {
		return nil, 0, fmt.Errorf("there is no %%%c; --help lists what there is", text[1])
	}
	return piece, 2, nil
}

// escape reads a backslash escape at the beginning of text and returns the byte it stands for, and its length.
func escape(text string) (string, int, error) {
	simple := map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '0': "\x00", '\\': "\\"}
	if len(text) >= 2 {
		if literal, ok := simple[text[1]]; ok {
			return literal, 2, nil
		}
		if text[1] == 'x' && len(text) >= 4 {
			if b, err := strconv.ParseUint(text[2:4], 16, 8); err == nil {
				return string([]byte{byte(b)}), 4, nil
			}
		}
	}
	return "", 0, fmt.Errorf(`%q is no escape; there are \n \t \r \0 \\ and \xNN`, text[:min(len(text), 4)])
}

func printHeaders(w *bufio.Writer, r *kgo.Record) {
	for i, h := range r.Headers {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(h.Key)
		w.WriteByte('=')
		w.Write(h.Value)
	}
}

func lengthOrNull(b []byte) int64 {
	if b == nil {
		return -1
	}
	return int64(len(b))
}

func rfc3339(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// shownRecord is a record as a line of JSON. Text that is no UTF-8 is shown as base64.
type shownRecord struct {
	Topic     string        `json:"topic"`
	Partition int32         `json:"partition"`
	Offset    int64         `json:"offset"`
	Timestamp string        `json:"timestamp"`
	Key       *string       `json:"key"`
	KeyRaw    []byte        `json:"key_base64,omitempty"`
	Value     *string       `json:"value"`
	ValueRaw  []byte        `json:"value_base64,omitempty"`
	Headers   []shownHeader `json:"headers,omitempty"`
}

type shownHeader struct {
	Key      string  `json:"key"`
	Value    *string `json:"value"`
	ValueRaw []byte  `json:"value_base64,omitempty"`
}

// jsonLine prints a record as one line of JSON.
func jsonLine(w *bufio.Writer, r *kgo.Record) {
	s := shownRecord{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: rfc3339(r.Timestamp)}
	s.Key, s.KeyRaw = textOrRaw(r.Key)
	s.Value, s.ValueRaw = textOrRaw(r.Value)
	for _, h := range r.Headers {
		shown := shownHeader{Key: h.Key}
		shown.Value, shown.ValueRaw = textOrRaw(h.Value)
		s.Headers = append(s.Headers, shown)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	// What is encoded is strings and numbers, and the writer keeps its own error until it is flushed.
	_ = e.Encode(s)
}

func textOrRaw(b []byte) (text *string, raw []byte) {
	if b == nil {
		return nil, nil
	}
	if !utf8.Valid(b) {
		return nil, b
	}
	s := string(b)
	return &s, nil
}
