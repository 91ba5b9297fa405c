/*
 * The bare event loop: what a process pool over Unix sockets could do at best. One parent passes
 * frames with JSON text to two forked workers, each of which holds at most a window of them; no
 * futures, no other threads, no checks.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../support/bench.h"
#include "children.h"

using nlohmann::json;

constexpr int64_t window = 64;
constexpr int64_t items_in_chunk = 1000;
constexpr size_t buffer_size = 1 << 18;

/* A frame: a header as large as the library's, then the text. */
typedef struct header {
    uint32_t length;
    uint32_t id;
    char rest[16];
} header;

typedef struct stream {
    int descriptor;
    size_t in_size;
    size_t out_size;
    int64_t out_frames; /* sent, not answered */
    char in[buffer_size];
    char out[buffer_size];
} stream;

static void flush(stream* self) {
    size_t written = 0;
    while (written < self->out_size) {
        ssize_t size = write(self->descriptor, self->out + written, self->out_size - written);
        BENCH_CHECK(size > 0);
        written += (size_t)size;
    }
    self->out_size = 0;
}

static void put(stream* self, uint32_t id, const char* text, size_t size) {
    header head = {(uint32_t)size, id, {0}};
    if (self->out_size + sizeof head + size > buffer_size) flush(self);
    memcpy(self->out + self->out_size, &head, sizeof head);
    memcpy(self->out + self->out_size + sizeof head, text, size);
    self->out_size += sizeof head + size;
}

typedef void (*frame_fn)(stream* self, const header* head, const char* text);

/* One read, and all whole frames that it brought. Gives 0 at the end of the stream. */
static int receive(stream* self, frame_fn frame) {
    ssize_t size = read(self->descriptor, self->in + self->in_size, buffer_size - self->in_size);
    size_t used = 0;
    header head;
    if (size <= 0) return 0;
    self->in_size += (size_t)size;
    while (self->in_size - used >= sizeof head) {
        memcpy(&head, self->in + used, sizeof head);
        if (self->in_size - used < sizeof head + head.length) break;
        frame(self, &head, self->in + used + sizeof head);
        used += sizeof head + head.length;
    }
    self->in_size -= used;
    memmove(self->in, self->in + used, self->in_size);
    return 1;
}

/* --- worker ----------------------------------------------------------------------------------- */

/* "[1]" gives "2", and "[[1],[2]]" gives "[2,3]". The worker builds values, as one that calls
   functions of a language's own types has to. */
static void answer(stream* self, const header* head, const char* text) {
    json arguments = json::parse(text, text + head->length);
    json result;
    if (arguments[0].is_array()) {
        for (const json& item : arguments)
            result.push_back(item[0].get<int64_t>() + 1);
    } else {
        result = arguments[0].get<int64_t>() + 1;
    }
    std::string answered = result.dump();
    put(self, head->id, answered.data(), answered.size());
}

static void serve(int descriptor) {
    static stream self;
    self.descriptor = descriptor;
    while (receive(&self, answer))
        flush(&self);
    _exit(0);
}

/* --- parent ----------------------------------------------------------------------------------- */

static stream workers[BENCH_WORKERS];
static int poller;
static int64_t answers;

static void start_workers(void) {
    if (poller != 0) return;
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < BENCH_WORKERS; ++i) {
        int pair[2];
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &workers[i];
        BENCH_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        pid_t pid = fork();
        BENCH_CHECK(pid >= 0);
        if (pid == 0) {
            for (int k = 0; k <= i; ++k)
                close(workers[k].descriptor);
            close(pair[0]);
            serve(pair[1]);
        }
        close(pair[1]);
        workers[i].descriptor = pair[0];
        BENCH_CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, pair[0], &event) == 0);
    }
}

/* Looks at each item's text, as a parent must that gives each item its own outcome. */
static void take_answer(stream* self, const header* head, const char* text) {
    int64_t items = 1;
    for (uint32_t i = 0; i < head->length; ++i)
        items += text[i] == ',';
    answers += items;
    --self->out_frames;
}

/* Sends the texts, of `items` items each, and waits for all answers. */
static void exchange(const std::vector<std::string>& texts, int64_t items, int64_t depth) {
    size_t next = 0;
    answers = 0;
    while (answers < static_cast<int64_t>(texts.size()) * items) {
        epoll_event events[BENCH_WORKERS];
        for (stream& worker : workers) {
            for (; worker.out_frames < depth && next < texts.size(); ++next) {
                put(&worker, static_cast<uint32_t>(next), texts[next].data(), texts[next].size());
                ++worker.out_frames;
            }
            flush(&worker);
        }
        int ready = epoll_wait(poller, events, BENCH_WORKERS, -1);
        for (int i = 0; i < ready; ++i) {
            BENCH_CHECK(receive(static_cast<stream*>(events[i].data.ptr), take_answer));
        }
    }
}

/* `size` numbers, `items` in each text. */
static std::vector<std::string> make_texts(int64_t size, int64_t items) {
    std::vector<std::string> texts;
    for (int64_t i = 0; i < size; i += items) {
        json text = json::array();
        for (int64_t k = 0; k < items; ++k)
            text.push_back(json::array({i + k}));
        texts.push_back((items > 1 ? text : text[0]).dump());
    }
    return texts;
}

static bench_figure single(int64_t size) {
    start_workers();
    std::vector<std::string> texts = make_texts(size, 1);
    int64_t start = bench_now_ns();
    exchange(texts, 1, window);
    return bench_rate(size, start);
}

static bench_figure cpu(int64_t size) {
    start_workers();
    std::vector<std::string> texts = make_texts(size, 1);
    double before = bench_cpu_us();
    exchange(texts, 1, window);
    return bench_value((bench_cpu_us() - before) / static_cast<double>(size));
}

static bench_figure chunks(int64_t size) {
    int64_t items = std::min(size, items_in_chunk);
    start_workers();
    std::vector<std::string> texts = make_texts(size, items);
    int64_t start = bench_now_ns();
    exchange(texts, items, 4);
    return bench_rate(static_cast<int64_t>(texts.size()) * items, start);
}

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {
        {"P1", single}, {"P3", single}, {"P3-chunks", chunks}, {"P9", cpu}, {nullptr, nullptr}};
    return bench_main(argc, argv, workloads);
}
