package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// api is one Kafka API as this server answers it.
type api struct {
	key  int16
	name string
	// min and max are the versions that are answered.
	min, max int16
	// advertisedMin is what ApiVersions lists as the lowest version; min but for Produce.
	advertisedMin int16
	// overlaps lets a request begin while earlier ones of its connection are under way.
	overlaps bool
	// inPlace decodes strings without copying them: they are good until the call is answered, no longer.
	inPlace bool
	// check looks at a body before it is decoded, where a limit of its own keeps decoding from taking more memory than the
	// frame was charged. Nil: the frame is charged decodeFactor times, and must not be longer than maxPlainBytes.
	check func(version int16, body []byte) error
	serve func(*Server, *Call)
}

const (
	// decodeFactor is how much larger than its frame a decoded request can be. kmsg checks an array's length against the
	// bytes that are left, at no less than two bytes an element, and its smallest elements take up to 64 bytes.
	decodeFactor = 32
	// maxPlainBytes bounds the requests that carry no record batches.
	maxPlainBytes = 8 << 20
)

// apiKeys is more than Kafka has keys of APIs.
const apiKeys = 128

// apis are what is answered, by API key. Filled in by the init functions of the numbered files, and never changed again.
var apis [apiKeys]*api

// register makes an API answer versions min to max, and be advertised with them.
func register[R kmsg.Request](min, max int16, handle func(*Server, *Call, R)) *api {
	var none R
	a := &api{key: none.Key(), min: min, max: max, advertisedMin: min, name: kmsg.NameForKey(none.Key())}
	a.serve = func(s *Server, c *Call) { handle(s, c, c.Request.(R)) }
	if apis[a.key] != nil || max > none.MaxVersion() {
		panic("API " + a.name + " is registered twice, or beyond what kmsg knows")
	}
	apis[a.key] = a
	return a
}

// registered lists the APIs by key.
func registered() []*api {
	return slices.DeleteFunc(slices.Clone(apis[:]), func(a *api) bool { return a == nil })
}

// lookup finds the API that answers key in version, or nil.
func lookup(key, version int16) *api {
	if key < 0 || int(key) >= len(apis) || apis[key] == nil {
		return nil
	}
	if a := apis[key]; version >= a.min && version <= a.max {
		return a
	}
	return nil
}

// decode reads the request behind a header.
func (a *api) decode(version int16, body []byte) (kmsg.Request, error) {
	req := kmsg.RequestForKey(a.key)
	req.SetVersion(version)
	if req.IsFlexible() {
		var err error
		if body, err = skipTags(body); err != nil {
			return nil, err
		}
	}
	if a.check != nil {
		if err := a.check(version, body); err != nil {
			return nil, err
		}
	}
	read := req.ReadFrom
	if a.inPlace {
		read = req.(kmsg.UnsafeReadFrom).UnsafeReadFrom
	}
	if err := read(body); err != nil {
		return nil, frameErrorf("a %s request, version %d, of %d bytes that does not decode: %v", a.name, version, len(body), err)
	}
	return req, nil
}
