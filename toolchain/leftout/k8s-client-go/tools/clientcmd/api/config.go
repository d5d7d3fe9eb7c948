// Package api has the parts of a kubeconfig file that buildx names. See leftout/README.md.
package api

// Ways to log in.
type (
	AuthProviderConfig struct{}
	ExecConfig         struct{}
)

// Config is a kubeconfig file.
type Config struct {
	Clusters       map[string]*Cluster
	AuthInfos      map[string]*AuthInfo
	Contexts       map[string]*Context
	CurrentContext string
}

// Cluster says where a cluster is.
type Cluster struct {
	Server, ProxyURL         string
	InsecureSkipTLSVerify    bool
	CertificateAuthorityData []byte
}

// AuthInfo says who logs in.
type AuthInfo struct {
	ClientCertificateData, ClientKeyData []byte
	Username, Password, Token            string
	AuthProvider                         *AuthProviderConfig
	Exec                                 *ExecConfig
}

// Context is a cluster with a user.
type Context struct{ AuthInfo, Cluster, Namespace string }

// NewConfig returns an empty file.
func NewConfig() *Config {
	return &Config{Clusters: map[string]*Cluster{}, AuthInfos: map[string]*AuthInfo{}, Contexts: map[string]*Context{}}
}

// NewCluster returns an empty entry.
func NewCluster() *Cluster { return &Cluster{} }

// NewAuthInfo returns an empty entry.
func NewAuthInfo() *AuthInfo { return &AuthInfo{} }

// NewContext returns an empty entry.
func NewContext() *Context { return &Context{} }
