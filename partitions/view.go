package partitions

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// view is a partition as its actor last published it. It never changes, and what it shows is committed: its reader may
// know of more, but is never asked beyond the high watermark.
type view struct {
	id    msg.TopicPartition
	topic string
	state msg.State
	// now is the clock that a leader's lease is held against.
	now func() time.Time
	// reader reaches at least as far as the high watermark. It is nil while the log is not open.
	reader Reader
	// producers lists the idempotent producers, as they are when it is called.
	producers func() []msg.ProducerState
	// members lists the group, as it is when it is called.
	members func() []msg.Member
}

var _ msg.View = (*view)(nil)

// closedView is the view of a partition whose log is not open, for the reason err.
func closedView(s Spec, err error) *view {
	v := &view{id: s.ID, topic: s.Topic, state: msg.State{Leader: msg.NoNode, Err: err}}
	for _, r := range s.Voters {
		v.state.Replicas = append(v.state.Replicas, r.Node)
	}
	return v
}

func (v *view) State() *msg.State { return &v.state }

// check is why the view must not be read: its log is not open, or the replica led and another one may lead by now.
func (v *view) check() error {
	switch s := &v.state; {
	case v.reader == nil:
		return s.Err
	case s.Lease != nil && s.Expired(v.now()):
		return msg.Errorf(kerr.NotLeaderForPartition, "reading partition %s of %s: this replica has not heard a majority of its group lately, and another may lead it; look up the leader and try again", v.id, v.topic)
	}
	return nil
}

// limit is the offset up to which a reader may see.
func (v *view) limit(iso msg.Isolation) int64 {
	if iso == msg.ReadCommitted {
		return v.state.LastStable
	}
	return v.state.HighWatermark
}

func (v *view) Read(req msg.ReadRequest) (msg.ReadResult, error) {
	s := &v.state
	if err := v.check(); err != nil {
		return msg.ReadResult{Release: noRelease}, err
	}
	if req.Offset < s.LogStart || req.Offset > s.HighWatermark {
		return msg.ReadResult{Release: noRelease}, msg.Errorf(kerr.OffsetOutOfRange, "reading partition %s of %s at offset %d: the log reaches from %d to %d",
			v.id, v.topic, req.Offset, s.LogStart, s.HighWatermark)
	}
	limit := v.limit(req.Isolation)
	if req.Offset >= limit {
		return msg.ReadResult{Release: noRelease}, nil
	}
	if files, ok := v.reader.(sectionReader); ok && req.Sections {
		return v.readSections(files, req, limit)
	}
	chunks, n, release, err := v.reader.Read(req.Offset, limit, req.MaxBytes, req.AtLeastOne)
	if release == nil {
		release = noRelease
	}
	if err != nil {
		release()
		return msg.ReadResult{Release: noRelease}, v.readError(err)
	}
	return msg.ReadResult{Chunks: chunks, Bytes: n, Release: release}, nil
}

func (v *view) readSections(r sectionReader, req msg.ReadRequest, limit int64) (msg.ReadResult, error) {
	p, err := r.ReadSections(req.Offset, limit, req.MaxBytes, req.AtLeastOne)
	if err != nil {
		p.Release()
		return msg.ReadResult{Release: noRelease}, v.readError(err)
	}
	res := msg.ReadResult{Chunks: p.Chunks, Bytes: p.Bytes, Release: p.Release}
	for _, s := range p.Sections {
		res.Sections = append(res.Sections, msg.Section(s))
	}
	return res, nil
}

func noRelease() {}

// readError gives what a reader says a Kafka code.
func (v *view) readError(err error) error {
	switch {
	case errors.Is(err, wal.ErrCompacted):
		// The file was deleted since the view was published: retention was faster than the reader.
		return msg.Errorf(kerr.OffsetOutOfRange, "reading partition %s of %s: %v", v.id, v.topic, err)
	case errors.As(err, new(*kerr.Error)):
		return err
	}
	return msg.Errorf(kerr.KafkaStorageError, "reading partition %s of %s: %v", v.id, v.topic, err)
}

func (v *view) OffsetForTime(ts int64, iso msg.Isolation) (msg.TimedOffset, error) {
	if err := v.check(); err != nil {
		return nowhere, err
	}
	offset, at, ok, err := v.reader.ForTime(ts, v.state.LogStart, v.limit(iso))
	return v.found(offset, at, ok, err)
}

func (v *view) MaxTimestamp() (msg.TimedOffset, error) {
	if err := v.check(); err != nil {
		return nowhere, err
	}
	offset, at, ok, err := v.reader.MaxTimestamp(v.state.LogStart, v.state.HighWatermark)
	return v.found(offset, at, ok, err)
}

var nowhere = msg.TimedOffset{Offset: -1, Timestamp: -1, Epoch: -1}

func (v *view) found(offset, at int64, ok bool, err error) (msg.TimedOffset, error) {
	if err != nil {
		return nowhere, v.readError(err)
	}
	if !ok {
		return nowhere, nil
	}
	return msg.TimedOffset{Offset: offset, Timestamp: at, Epoch: v.EpochAt(offset)}, nil
}

// EndOffsetForEpoch answers for the leader's own epoch with the high watermark: what lies behind it may still go.
func (v *view) EndOffsetForEpoch(epoch int32) (int32, int64) {
	s := &v.state
	switch {
	case v.check() != nil || v.reader == nil || epoch < 0 || epoch > s.Epoch:
		return -1, -1
	case epoch == s.Epoch:
		return epoch, s.HighWatermark
	}
	found, end, ok := v.reader.EndOffsetForTerm(uint64(epoch))
	if !ok {
		return -1, -1
	}
	return int32(found), min(end, s.HighWatermark)
}

func (v *view) EpochAt(offset int64) int32 {
	if v.reader == nil || offset < v.state.LogStart || offset >= v.state.HighWatermark {
		return -1
	}
	if term := v.reader.TermAt(offset); term > 0 {
		return int32(term)
	}
	return -1
}

func (v *view) Producers() []msg.ProducerState {
	if v.producers == nil {
		return nil
	}
	return v.producers()
}

func (v *view) Members() []msg.Member {
	if v.members == nil {
		return nil
	}
	return v.members()
}
