package msg

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// tally counts the answers to a request.
type tally struct {
	answers int
	err     error
}

func (a *tally) done(err error) { a.answers++; a.err = err }

func (a *tally) Appended(q *Append) { a.done(q.Err) }

func TestRequestsAreAnsweredOnce(t *testing.T) {
	cases := []struct {
		name   string
		make   func(a *tally) Request
		answer func(q Request)
	}{
		{"Append", func(a *tally) Request { return &Append{Sink: a} }, func(q Request) { q.(*Append).Answer() }},
		{"DeleteRecords", func(a *tally) Request { return &DeleteRecords{Done: func(_ int64, err error) { a.done(err) }} },
			func(q Request) { q.(*DeleteRecords).Answer(7, nil) }},
		{"CreateTopics", func(a *tally) Request { return &CreateTopics{Asked: Asked{Done: a.done}} },
			func(q Request) { q.(*CreateTopics).Answer(nil) }},
	}
	refusal := errors.New("no")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var answered tally
			q := c.make(&answered)
			c.answer(q)
			q.Refuse(refusal)
			c.answer(q)
			if answered != (tally{1, nil}) {
				t.Errorf("answered, then refused: %+v", answered)
			}
			var refused tally
			q = c.make(&refused)
			q.Refuse(refusal)
			c.answer(q)
			q.Refuse(io.EOF)
			if refused != (tally{1, refusal}) {
				t.Errorf("refused, then answered: %+v", refused)
			}
		})
	}
}

func TestARefusedAppendHasNoOffsets(t *testing.T) {
	q := &Append{Base: 7, AppendTime: 8, LogStart: 9}
	q.Refuse(io.EOF)
	if q.Base != -1 || q.AppendTime != -1 || q.LogStart != -1 || q.Err != io.EOF {
		t.Errorf("%+v", q)
	}
}

func TestAnAppendCountsItsBatches(t *testing.T) {
	q := &Append{Batches: []record.Batch{make(record.Batch, 3), make(record.Batch, 4)}}
	if q.Bytes() != 7 {
		t.Errorf("%d bytes", q.Bytes())
	}
}

func TestCodes(t *testing.T) {
	cases := []struct {
		err  error
		code int16
	}{
		{nil, 0},
		{ErrStopped, kerr.NotLeaderForPartition.Code},
		{fmt.Errorf("posting: %w", ErrStopped), kerr.NotLeaderForPartition.Code},
		{ErrMailboxFull, kerr.UnknownServerError.Code},
		{io.EOF, kerr.UnknownServerError.Code},
		{kerr.CorruptMessage, kerr.CorruptMessage.Code},
		{fmt.Errorf("appending: %w", Errorf(kerr.CorruptMessage, "batch %d", 3)), kerr.CorruptMessage.Code},
	}
	for _, c := range cases {
		if got := Code(c.err); got != c.code {
			t.Errorf("the code of %v is %d, want %d", c.err, got, c.code)
		}
	}
	if text := Errorf(kerr.CorruptMessage, "batch %d", 3).Error(); text != "batch 3 (CORRUPT_MESSAGE)" {
		t.Errorf("an error reads %q", text)
	}
}

func TestTopicIDs(t *testing.T) {
	id := TopicID{0: 0xfb, 1: 0xff, 15: 1}
	var back TopicID
	if err := back.UnmarshalText([]byte(id.String())); err != nil || back != id {
		t.Errorf("%s came back as %s: %v", id, back, err)
	}
	if want := "AAAAAAAAAAAAAAAAAAAAAQ"; MetadataTopicID.String() != want {
		t.Errorf("the metadata topic's id is %s, in Kafka %s", MetadataTopicID, want)
	}
	for _, bad := range []string{"", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAQ==", "AAAAAAAAAAAAAAAAAAAA+Q"} {
		if err := back.UnmarshalText([]byte(bad)); err == nil || back != id {
			t.Errorf("%q was taken for a topic id", bad)
		}
	}
	if got := (TopicPartition{MetadataTopicID, 3}).String(); got != "AAAAAAAAAAAAAAAAAAAAAQ-3" {
		t.Errorf("a partition is called %s", got)
	}
}

func TestAnAnswerTellsHowFarTheImageGoes(t *testing.T) {
	q := &CreateTopics{}
	q.Slot().Done = func(error) {}
	q.AnswerAt(7, nil)
	q.AnswerAt(8, nil)
	if q.Applied != 7 {
		t.Errorf("applied up to %d, want what the first answer said", q.Applied)
	}
}
