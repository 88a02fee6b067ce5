package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ApiVersions (18) tells a client what this server can do: the registered APIs, with the versions that they answer.
//
// v0-2: the list; v1 adds the throttle time.
// v3 (KIP-511): the client says its name and version; the request is flexible, the reply's header never is.
// v4 (KIP-896): features may have a lowest version of 0.
//
// A version that is not known gets the reply of v0 with UNSUPPORTED_VERSION and this API's own range, so that the client
// can ask again (KIP-511). No features are listed, and the epoch of finalized features stays -1: clients then use neither
// the second transaction protocol nor the new consumer protocol.
func init() { register(0, 4, (*Server).apiVersions) }

func (s *Server) apiVersions(c *Call, req *kmsg.ApiVersionsRequest) {
	resp := req.ResponseKind().(*kmsg.ApiVersionsResponse)
	if c.Version >= 3 && !(softwareName(req.ClientSoftwareName) && softwareName(req.ClientSoftwareVersion)) {
		resp.ErrorCode = kerr.InvalidRequest.Code
		c.Failed(resp.ErrorCode)
		c.Reply(resp)
		return
	}
	resp.ApiKeys = advertised()
	c.Reply(resp)
}

// advertised lists the APIs with their versions. All files have registered theirs when the first client asks.
var advertised = sync.OnceValue(listAdvertised)

func listAdvertised() []kmsg.ApiVersionsResponseApiKey {
	var keys []kmsg.ApiVersionsResponseApiKey
	for _, a := range registered() {
		keys = append(keys, kmsg.ApiVersionsResponseApiKey{ApiKey: a.key, MinVersion: a.advertisedMin, MaxVersion: a.max})
	}
	return keys
}

// softwareName is Kafka's [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?
func softwareName(s string) bool {
	for i := range len(s) {
		b := s[i]
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		inside := i > 0 && i < len(s)-1 && (b == '-' || b == '.')
		if !letter && !inside {
			return false
		}
	}
	return s != ""
}

// strangeVersion is what answers a request that no registered API takes: ApiVersions in its own way, all else nil.
func strangeVersion(h header) *api {
	if h.key != int16(kmsg.ApiVersions) {
		return nil
	}
	known := apis[h.key]
	return &api{key: known.key, name: known.name, serve: func(_ *Server, c *Call) {
		resp := kmsg.NewPtrApiVersionsResponse()
		resp.ErrorCode = kerr.UnsupportedVersion.Code
		resp.ApiKeys = []kmsg.ApiVersionsResponseApiKey{{ApiKey: known.key, MinVersion: known.min, MaxVersion: known.max}}
		c.Failed(resp.ErrorCode)
		c.Reply(resp)
	}}
}
