package fabric

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// request is a message that can travel: it is answered through msg.Asked.
type request interface {
	msg.Request
	Slot() *msg.Asked
}

// portable is how one kind of request travels.
type portable struct {
	// name and version say what a body is. A name is never used again for something else.
	name    string
	version uint8
	// to reports whether an actor of that name takes such requests.
	to func(actor string) bool
	// fresh makes an empty request.
	fresh func() request
	// answer makes what is sent back of a request's answer fields; adopt puts it into the request that asked, which is left
	// as it is when the answer does not fit.
	answer func(request) any
	adopt  func(q request, answer []byte) error
}

// travels describes the request M, whose answer is an A.
func travels[M, A any, P interface {
	*M
	request
}](name string, version uint8, to func(string) bool, answer func(P) A, adopt func(P, A) error) portable {
	return portable{
		name: name, version: version, to: to,
		fresh:  func() request { return P(new(M)) },
		answer: func(q request) any { return answer(q.(P)) },
		adopt: func(q request, data []byte) error {
			var a A
			if err := json.Unmarshal(data, &a); err != nil {
				return err
			}
			return adopt(q.(P), a)
		},
	}
}

// nothing is the answer to a request that is done or refused, and that is all.
type nothing struct{}

// isDone describes the request M, to which there is no more to say than that it is done.
func isDone[M any, P interface {
	*M
	request
}](name string, version uint8, to func(string) bool) portable {
	return travels[M, nothing, P](name, version, to, func(P) nothing { return nothing{} }, func(P, nothing) error { return nil })
}

// pairUp puts the answers to the items of a request into the items.
func pairUp[I, A any](items []I, answers []A, adopt func(I, A)) error {
	if len(items) != len(answers) {
		return fmt.Errorf("%d items were asked about and %d answered", len(items), len(answers))
	}
	for i, item := range items {
		adopt(item, answers[i])
	}
	return nil
}

// toController and toPartition say who takes a request.
func toController(actor string) bool { return actor == msg.ControllerName }
func toPartition(actor string) bool  { return msg.NamesPartition(actor) }

// portables lists all that may travel.
func portables() []portable {
	return slices.Concat(topicRequests(), clusterRequests(), groupRequests())
}

// registry finds out how a request travels.
type registry struct {
	byType map[reflect.Type]*portable
	byName map[string]*portable
}

func newRegistry(all []portable) registry {
	r := registry{byType: map[reflect.Type]*portable{}, byName: map[string]*portable{}}
	for i := range all {
		p := &all[i]
		r.byType[reflect.TypeOf(p.fresh())], r.byName[p.name] = p, p
	}
	return r
}

// of is how m travels, nil if it does not.
func (r registry) of(m msg.Message) (request, *portable) {
	kind := r.byType[reflect.TypeOf(m)]
	if kind == nil {
		return nil, nil
	}
	return m.(request), kind
}

// question reads the request in a frame. An error is what the sender is to be told.
func (r registry) question(ask frame) (*portable, request, error) {
	kind := r.byName[ask.name]
	if kind == nil || kind.version != ask.version {
		return nil, nil, msg.Errorf(kerr.UnsupportedVersion, "a request %.40q of version %d is not known here; bring all nodes to one release",
			ask.name, ask.version)
	}
	if !kind.to(ask.actor) {
		return nil, nil, msg.Errorf(kerr.InvalidRequest, "actor %.80q takes no %s", ask.actor, kind.name)
	}
	q := kind.fresh()
	if err := json.Unmarshal(ask.body, q); err != nil {
		return nil, nil, msg.Errorf(kerr.InvalidRequest, "a %s can't be read: %v", kind.name, err)
	}
	if hasHoles(q) {
		return nil, nil, msg.Errorf(kerr.InvalidRequest, "a %s has an item that is null", kind.name)
	}
	return kind, q, nil
}

// hasHoles reports whether a list in q points to nothing somewhere: no sender on this side of the wire makes such a request.
func hasHoles(q request) bool {
	fields := reflect.ValueOf(q).Elem()
	for i := range fields.NumField() {
		list := fields.Field(i)
		if list.Kind() != reflect.Slice || list.Type().Elem().Kind() != reflect.Pointer {
			continue
		}
		for j := range list.Len() {
			if list.Index(j).IsNil() {
				return true
			}
		}
	}
	return false
}
