// Fetches pages on a pool of five threads and reports each as soon as it is there.
//
//     urls [--timeout SECONDS] [URL...]
//
// The same program stands in the documentation of Python's concurrent.futures.
#include <curl/curl.h>

#include <cfutures/cfutures.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// libcurl wants this once, before there are other threads.
class Curl {
  public:
    Curl() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            throw std::runtime_error("libcurl does not start");
        }
    }
    ~Curl() { curl_global_cleanup(); }
    Curl(const Curl&) = delete;
    Curl& operator=(const Curl&) = delete;
};

// libcurl hands over a page piece by piece. No exception may pass through it.
std::size_t append(const char* piece, std::size_t, std::size_t size, void* page) noexcept try {
    static_cast<std::string*>(page)->append(piece, size);
    return size;
} catch (const std::exception&) {
    return 0;  // ends the transfer
}

// The task: runs on a thread of the pool, and its result is the page.
std::string load_url(const std::string& url, long timeout) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   &curl_easy_cleanup);
    if (curl == nullptr) throw std::bad_alloc();
    std::string page;
    char reason[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);  // signals and threads do not mix
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &page);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason);

    const CURLcode code = curl_easy_perform(curl.get());
    // Not every failure comes with a text of its own.
    if (code != CURLE_OK) throw std::runtime_error(*reason ? reason : curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400) throw std::runtime_error("HTTP Error " + std::to_string(status));
    return page;
}

}  // namespace

int main(int argc, char** argv) try {
    std::vector<std::string> urls(argv + 1, argv + argc);
    long timeout = 60;
    if (urls.size() > 1 && urls[0] == "--timeout") {
        timeout = std::strtol(urls[1].c_str(), nullptr, 10);
        if (timeout <= 0) throw std::invalid_argument("--timeout wants a number of seconds");
        urls.erase(urls.begin(), urls.begin() + 2);
    }
    if (urls.empty()) {
        urls = {"http://www.foxnews.com/", "http://www.cnn.com/", "http://europe.wsj.com/",
                "http://www.bbc.co.uk/", "http://some-made-up-domain.com/"};
    }

    const Curl curl;
    cfutures::ThreadPool pool({.max_workers = 5});
    std::vector<cfutures::Future<std::string>> futures;
    std::map<std::uint64_t, std::string> url_of_task;
    for (const std::string& url : urls) {
        futures.push_back(pool.submit(load_url, url, timeout));
        url_of_task[futures.back().task_id()] = url;
    }
    for (auto& future : cfutures::as_completed(futures)) {
        const std::string& url = url_of_task[future.task_id()];
        try {
            const std::string& page = future.result();
            std::cout << "'" << url << "' page is " << page.size() << " bytes" << std::endl;
        } catch (const std::exception& error) {
            std::cout << "'" << url << "' generated an exception: " << error.what() << std::endl;
        }
    }
    return EXIT_SUCCESS;
} catch (const std::exception& error) {
    std::cerr << "urls: " << error.what() << '\n';
    return EXIT_FAILURE;
}
