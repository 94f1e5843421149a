// A client of Go's crypto/tls: PORT CAFILE NAME. Exit status 0: accepted.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
)

func main() {
	roots := x509.NewCertPool()
	pem, _ := os.ReadFile(os.Args[2])
	roots.AppendCertsFromPEM(pem)
	_, err := tls.Dial("tcp", "127.0.0.1:"+os.Args[1],
		&tls.Config{RootCAs: roots, ServerName: os.Args[3]})
	if err != nil {
		os.Exit(1)
	}
}
