package node

import (
	"net"
	"os"
	"testing"

	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

func TestWhatClientsAreTold(t *testing.T) {
	machine, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		name      string
		bound     string
		advertise string
		want      metadata.Endpoint
	}{
		{"loopback is localhost", "127.0.0.1:9092", "", metadata.Endpoint{Host: "localhost", Port: 9092}},
		{"so is IPv6's", "[::1]:9092", "", metadata.Endpoint{Host: "localhost", Port: 9092}},
		{"every address is the machine", "[::]:9092", "", metadata.Endpoint{Host: machine, Port: 9092}},
		{"one address is itself", "10.1.2.3:9092", "", metadata.Endpoint{Host: "10.1.2.3", Port: 9092}},
		{"what the operator says", "127.0.0.1:9092", "kafka.example:19092", metadata.Endpoint{Host: "kafka.example", Port: 19092}},
		{"the operator's host, the bound port", "127.0.0.1:9092", "kafka.example:0", metadata.Endpoint{Host: "kafka.example", Port: 9092}},
		{"an advertised loopback stays as written", "0.0.0.0:9092", "127.0.0.1:9092", metadata.Endpoint{Host: "127.0.0.1", Port: 9092}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bound, err := net.ResolveTCPAddr("tcp", c.bound)
			if err != nil {
				t.Fatal(err)
			}
			got, err := advertised(Listener{Name: "PLAINTEXT", Advertise: c.advertise}, bound)
			if err != nil || got != c.want {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}
