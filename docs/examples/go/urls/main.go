// Fetches pages on a pool of five threads and reports each as soon as it is there.
//
//	urls_go [--timeout SECONDS] [URL...]
//
// The same program stands in the documentation of Python's concurrent.futures.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"cfutures"
)

var urls = []string{
	"http://www.foxnews.com/",
	"http://www.cnn.com/",
	"http://europe.wsj.com/",
	"http://www.bbc.co.uk/",
	"http://some-made-up-domain.com/",
}

// loadURL is the task: it runs on a thread of the pool, and its result is the page.
func loadURL(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, explain(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return nil, fmt.Errorf("HTTP Error %d", response.StatusCode)
	}
	page, err := io.ReadAll(response.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("transfer closed with %d bytes remaining to read", response.ContentLength-int64(len(page)))
	}
	return page, explain(err)
}

// explain says what went wrong in the words of the other languages' programs.
func explain(err error) error {
	var unknown *net.DNSError
	var connection *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("Operation timed out")
	case errors.As(err, &unknown):
		return errors.New("Could not resolve host: " + unknown.Name)
	case errors.As(err, &connection) && connection.Op == "dial":
		return fmt.Errorf("Failed to connect to %v: %w", connection.Addr, connection.Err)
	}
	return err
}

func run(arguments []string) error {
	timeout := 60
	if len(arguments) > 1 && arguments[0] == "--timeout" {
		var err error
		if timeout, err = strconv.Atoi(arguments[1]); err != nil || timeout <= 0 {
			return errors.New("--timeout wants a number of seconds")
		}
		arguments = arguments[2:]
	}
	if len(arguments) > 0 {
		urls = arguments
	}

	pool, err := cfutures.NewThreadPool(cfutures.ThreadPoolOptions{MaxWorkers: 5})
	if err != nil {
		return err
	}
	defer pool.Close()
	ctx := context.Background()
	var futures []*cfutures.Future[[]byte]
	for _, url := range urls {
		future, err := cfutures.Submit(ctx, pool, func(ctx context.Context) ([]byte, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(timeout)*time.Second)
			defer cancel()
			return loadURL(ctx, url)
		})
		if err != nil {
			return err
		}
		futures = append(futures, future)
	}
	for i, future := range cfutures.AsCompleted(ctx, futures) {
		if page, err := future.Result(); err != nil {
			fmt.Printf("'%s' generated an exception: %v\n", urls[i], err)
		} else {
			fmt.Printf("'%s' page is %d bytes\n", urls[i], len(page))
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "urls:", err)
		os.Exit(1)
	}
}
