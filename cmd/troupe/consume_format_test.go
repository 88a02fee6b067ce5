package main

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var full = &kgo.Record{
	Topic: "orders", Partition: 2, Offset: 41, Timestamp: time.UnixMilli(1700000000123),
	Key: []byte("k"), Value: []byte("value"), Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "b", Value: nil}},
}

func printed(f recordFormat, r *kgo.Record) string {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	f(w, r)
	w.Flush()
	return out.String()
}

func TestFormats(t *testing.T) {
	nulls := &kgo.Record{Topic: "t"}
	for _, c := range []struct {
		format string
		r      *kgo.Record
		want   string
	}{
		{`%v\n`, full, "value\n"},
		{`%t %p %o %k=%v`, full, "orders 2 41 k=value"},
		{`%T %D`, full, "1700000000123 2023-11-14T22:13:20.123Z"},
		{`%h`, full, "a=1,b="},
		{`%K %V`, full, "1 5"},
		{`%k/%v/%K/%V`, nulls, "NULL/NULL/-1/-1"},
		{`100%% \t|\\|\x41|\0|`, full, "100% \t|\\|A|\x00|"},
		{"", full, ""},
	} {
		f, err := parseFormat(c.format, "NULL")
		if err != nil {
			t.Errorf("%q: %v", c.format, err)
			continue
		}
		if got := printed(f, c.r); got != c.want {
			t.Errorf("%q prints %q, want %q", c.format, got, c.want)
		}
	}
}

func TestBadFormatsAreRefused(t *testing.T) {
	for _, format := range []string{`%`, `%q`, `\`, `\q`, `\x4`, `\xzz`} {
		if _, err := parseFormat(format, ""); err == nil {
			t.Errorf("%q is taken", format)
		}
	}
}

func TestJSONLines(t *testing.T) {
	const want = `{"topic":"orders","partition":2,"offset":41,"timestamp":"2023-11-14T22:13:20.123Z","key":"k","value":"value","headers":[{"key":"a","value":"1"},{"key":"b","value":null}]}` + "\n"
	if got := printed(jsonLine, full); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	raw := &kgo.Record{Topic: "t", Timestamp: time.UnixMilli(0), Value: []byte{0xff, 0xfe}}
	const wantRaw = `{"topic":"t","partition":0,"offset":0,"timestamp":"1970-01-01T00:00:00.000Z","key":null,"value":null,"value_base64":"//4="}` + "\n"
	if got := printed(jsonLine, raw); got != wantRaw {
		t.Errorf("%s\nwant %s", got, wantRaw)
	}
}

func TestWhereToBegin(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(t time.Time) startAt { return startAt{time: &t} }
	offset := int64(42)
	for _, c := range []struct {
		text string
		want startAt
	}{
		{"start", startAt{}},
		{"end", startAt{end: true}},
		{"42", startAt{offset: &offset}},
		{"15m", at(now.Add(-15 * time.Minute))},
		{"-1h", at(now.Add(-time.Hour))},
		{"2026-01-01T00:00:00Z", at(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))},
	} {
		got, err := parseStart(c.text, now)
		same := err == nil && got.end == c.want.end && (got.offset == nil) == (c.want.offset == nil) && (got.time == nil) == (c.want.time == nil)
		same = same && (got.offset == nil || *got.offset == *c.want.offset) && (got.time == nil || got.time.Equal(*c.want.time))
		if !same {
			t.Errorf("%q: %+v, %v; want %+v", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", "-1", "yesterday", "2026-01-01"} {
		if _, err := parseStart(text, now); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
