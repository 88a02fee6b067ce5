package fabric

import (
	"encoding/json"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// reply is the body of an answer, as JSON.
type reply struct {
	// Fault is why there is no answer, nil if there is one.
	Fault *fault `json:"fault,omitempty"`
	// Applied is msg.Asked's.
	Applied int64 `json:"applied,omitempty"`
	// Answer holds what the request's kind answers.
	Answer json.RawMessage `json:"answer,omitempty"`
}

// hear takes a frame from another node.
func (f *Fabric) hear(from msg.NodeID, data []byte) {
	fr, err := decodeFrame(data)
	if err != nil {
		f.log.Debug().Err(err).Int32("from", from).Msg("a frame for an actor that this node can't read")
		return
	}
	if fr.kind == frameAsk {
		f.asked(from, fr)
		return
	}
	f.answered(from, fr)
}

// asked hands a request to the actor that it is for.
func (f *Fabric) asked(from msg.NodeID, ask frame) {
	kind, q, err := f.known.question(ask)
	if err != nil {
		f.answer(from, ask, reply{Fault: faultOf(err)})
		return
	}
	q.Slot().Done = func(err error) { f.answer(from, ask, kind.reply(q, err)) }
	if err := f.system.Lookup(ask.actor).Post(q); err != nil {
		err = msg.Errorf(kerr.NotLeaderForPartition, "actor %s of node %d did not take the %s: %v", ask.actor, f.node, kind.name, err)
		f.answer(from, ask, reply{Fault: faultOf(err)})
	}
}

// answer sends the reply to a request. One that can't be sent is like one that was lost: the sender gives up waiting.
func (f *Fabric) answer(to msg.NodeID, ask frame, r reply) {
	body, err := json.Marshal(r)
	if err != nil {
		f.log.Error().Err(err).Str("request", ask.name).Msg("an answer could not be encoded")
		return
	}
	fr := frame{kind: frameAnswer, epoch: ask.epoch, id: ask.id, body: body}
	if !f.carry(to, fr.encode()) {
		f.log.Debug().Int32("to", to).Str("request", ask.name).Msg("there is no way to send an answer")
	}
}

// answered completes the request that an answer is for, unless it was given up.
func (f *Fabric) answered(from msg.NodeID, fr frame) {
	if fr.epoch != f.epoch {
		return
	}
	if w := f.pending.take(fr.id, from); w != nil {
		f.complete(w, w.adopt(fr.body))
	}
}

// adopt fills in the request's answer fields, and returns the error of the whole.
func (w *waiting) adopt(body []byte) error {
	var r reply
	err := json.Unmarshal(body, &r)
	if err == nil && r.Fault != nil {
		return r.Fault.err()
	}
	if err == nil {
		w.request.Slot().Applied = r.Applied
		err = w.kind.adopt(w.request, r.Answer)
	}
	if err != nil {
		return msg.Errorf(kerr.UnknownServerError, "node %d has carried out the %s, but its answer can't be read: %v", w.node, w.kind.name, err)
	}
	return nil
}

// reply makes the reply of an answered request.
func (k *portable) reply(q request, err error) reply {
	r := reply{Fault: faultOf(err), Applied: q.Slot().Applied}
	if err != nil {
		return r
	}
	if r.Answer, err = json.Marshal(k.answer(q)); err != nil {
		r.Fault = faultOf(fmt.Errorf("encoding the answer to a %s: %w", k.name, err))
	}
	return r
}
