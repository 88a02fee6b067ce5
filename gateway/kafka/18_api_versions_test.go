package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func apiVersionsRequest(version int16) *kmsg.ApiVersionsRequest {
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = version, "test-client", "1.0"
	return req
}

func TestApiVersionsListsWhatIsRegistered(t *testing.T) {
	_, addr := openDoor(t)
	c := dial(t, addr)
	for version := int16(0); version <= 4; version++ {
		resp := ask[*kmsg.ApiVersionsResponse](c, apiVersionsRequest(version))
		if resp.ErrorCode != 0 || len(resp.ApiKeys) != len(registered()) {
			t.Fatalf("v%d: error %d, %d APIs; want 0, %d", version, resp.ErrorCode, len(resp.ApiKeys), len(registered()))
		}
		for _, k := range resp.ApiKeys {
			if a := lookup(k.ApiKey, k.MaxVersion); a == nil {
				t.Errorf("v%d: API %d is listed with version %d, which is not answered", version, k.ApiKey, k.MaxVersion)
			}
		}
		if len(resp.FinalizedFeatures)+len(resp.SupportedFeatures) > 0 || resp.FinalizedFeaturesEpoch != -1 {
			t.Errorf("v%d: features are listed that do not exist", version)
		}
	}
}

func TestUnknownVersionOfApiVersionsIsAnsweredWithVersion0(t *testing.T) {
	_, addr := openDoor(t)
	c := dial(t, addr)
	id := c.send(apiVersionsRequest(5))
	got, body := c.receive()
	resp := kmsg.NewPtrApiVersionsResponse()
	if err := resp.ReadFrom(body); err != nil || got != id {
		t.Fatalf("reply %d to %d: %v", got, id, err)
	}
	if resp.ErrorCode != 35 || len(resp.ApiKeys) != 1 || resp.ApiKeys[0].ApiKey != 18 || resp.ApiKeys[0].MinVersion != 0 || resp.ApiKeys[0].MaxVersion != 4 {
		t.Fatalf("got %+v; want error 35 and the one entry {18 0 4}", resp)
	}
	if resp := ask[*kmsg.ApiVersionsResponse](c, apiVersionsRequest(4)); resp.ErrorCode != 0 {
		t.Fatalf("the connection does not go on after it: error %d", resp.ErrorCode)
	}
}

func TestClientSoftwareNames(t *testing.T) {
	_, addr := openDoor(t)
	c := dial(t, addr)
	for name, want := range map[string]int16{
		"apache-kafka-java": 0, "a": 0, "librdkafka.2": 0, "": 42, "-a": 42, "a.": 42, "a b": 42, "é": 42, ".": 42,
	} {
		req := apiVersionsRequest(3)
		req.ClientSoftwareName = name
		if resp := ask[*kmsg.ApiVersionsResponse](c, req); resp.ErrorCode != want {
			t.Errorf("%q: error %d, want %d", name, resp.ErrorCode, want)
		}
	}
}

func TestUnknownApisAndVersionsCloseTheConnection(t *testing.T) {
	_, addr := openDoor(t)
	for name, req := range map[string]kmsg.Request{
		"an API between brokers": &kmsg.LeaderAndISRRequest{Version: 1},
		"SASL without mechanism": &kmsg.SASLHandshakeRequest{Version: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			c.send(req)
			c.expectClosed()
		})
	}
}
