//go:build !amd64 || purego

package kernel

func best() Level { return Plain }
