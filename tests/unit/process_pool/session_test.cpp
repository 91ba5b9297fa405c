// A session, driven by hand-made frames.
#include <gtest/gtest.h>

#include "conversation.h"
#include "unit/allocation_failure.h"

namespace cf_unit {
namespace {

using cf::ClaimState;
using cf::Frame;
using cf::FrameKind;
using cf::FutureList;
using cf::FutureRef;
using cf::Session;
using Kind = Session::Event::Kind;
using Tasks = std::vector<uint64_t>;

// --- handshake ---

TEST(Session, SaysHelloFirstAndWhetherAPageComes) {
    for (const Page use : {Page::kNone, Page::kOffered}) {
        Conversation talk(use);
        const auto sent = talk.take_sent();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].header.kind, FrameKind::kHello);
        EXPECT_EQ(sent[0].body, "{}");
        EXPECT_EQ(sent[0].header.flags, use == Page::kNone ? 0 : cf::kHelloBringsClaimPage);
        EXPECT_FALSE(talk.session().has_room(2)) << "it is not ready";
    }
}

TEST(Session, TheWindowIsThePoolsToSayWithClaimsAndOneWithout) {
    for (const auto& [use, window] :
         {std::pair<Page, size_t>{Page::kUsed, 3}, {Page::kOffered, 1}, {Page::kNone, 1}}) {
        Conversation talk(use);
        EXPECT_EQ(talk.say_ready().kind, Kind::kReady);
        EXPECT_EQ(talk.session().state(), Session::State::kReady);
        EXPECT_TRUE(talk.session().was_ready());
        uint64_t sent = 0;
        while (talk.session().has_room(3))
            talk.send({make_call(++sent)});
        EXPECT_EQ(sent, window);
        EXPECT_EQ(talk.session().calls(), window);
    }
}

TEST(Session, NoMoreMessagesAreOutThanThereAreSlots) {
    Conversation talk(Page::kUsed);
    talk.start();
    uint32_t sent = 0;
    while (talk.session().has_room(SIZE_MAX))
        talk.send({make_call(++sent)});
    EXPECT_EQ(sent, cf::kClaimSlots);
    for (uint32_t round = 0; round < 10; ++round) {
        // The calls in the middle and at the end are over first.
        for (uint32_t number = sent - 200; number <= sent; ++number)
            ASSERT_TRUE(talk.answer(number));
        while (talk.session().has_room(SIZE_MAX))
            talk.send({make_call(++sent)});
        talk.take_sent();
        EXPECT_EQ(talk.session().entries(), cf::kClaimSlots);
    }
    EXPECT_TRUE(talk.answer(1)) << "the oldest is still there";
}

TEST(Session, AWorkerCannotClaimOnAPageThatItDidNotGet) {
    Conversation talk(Page::kNone);
    EXPECT_EQ(talk.say(FrameKind::kReady, 0, R"({"protocol":1,"claims":true})").kind, Kind::kReady);
    EXPECT_TRUE(talk.session().has_room(2));
    EXPECT_FALSE(talk.session().takes_chunks());
}

TEST(Session, RefusesAReadyThatMakesNoSense) {
    for (const char* body :
         {"", "{", "[1]", "1", "{}", R"({"protocol":2})", R"({"protocol":"1"})",
          R"({"protocol":null,"claims":true})", "{\"protocol\":1,\"x\":\"\xff\"}",
          R"({"protocol":18446744073709551617})"}) {
        Conversation talk(Page::kUsed);
        const auto event = talk.say(FrameKind::kReady, 0, body);
        EXPECT_EQ(event.kind, Kind::kViolation) << body;
        EXPECT_NE(event.violation, "") << body;
        EXPECT_FALSE(talk.session().was_ready()) << body;
        EXPECT_EQ(talk.session().state(), Session::State::kOver) << body;
    }
}

TEST(Session, FailedBringsTheWorkersError) {
    Conversation talk(Page::kUsed);
    const auto event =
        talk.say(FrameKind::kFailed, 0, R"({"status":"TASK_FAILED","message":"no database"})");
    ASSERT_EQ(event.kind, Kind::kFailed);
    EXPECT_EQ(event.error->status(), CF_STATUS_TASK_FAILED);
    EXPECT_EQ(event.error->fields().message, "no database");
    EXPECT_EQ(talk.say_ready().kind, Kind::kNone) << "nothing more is taken in";
}

TEST(Session, FailedWithoutAnErrorIsAViolation) {
    Conversation talk(Page::kUsed);
    EXPECT_EQ(talk.say(FrameKind::kFailed, 0, R"({"status":"OK"})").kind, Kind::kViolation);
}

TEST(Session, LeaveThatWasSaidBeforeReadyStaysInForce) {
    Conversation talk(Page::kUsed);
    talk.session().leave();
    talk.session().leave();
    const auto sent = talk.take_sent();
    ASSERT_EQ(sent.size(), 2U) << "HELLO and one LEAVE";
    EXPECT_EQ(sent[1].header.kind, FrameKind::kLeave);
    EXPECT_EQ(talk.say_ready().kind, Kind::kReady);
    EXPECT_EQ(talk.session().state(), Session::State::kLeaving);
    EXPECT_FALSE(talk.session().has_room(2));
}

// --- each kind in each state ---

enum class In { kStarting, kReady, kBusy, kBusyWithoutPage, kStarted, kLeaving, kOver };

std::unique_ptr<Conversation> conversation_in(In state) {
    const bool page = state != In::kBusyWithoutPage && state != In::kStarted;
    auto talk = std::make_unique<Conversation>(page ? Page::kUsed : Page::kNone);
    if (state == In::kStarting) return talk;
    talk->start();
    if (state == In::kLeaving) talk->session().leave();
    if (state == In::kOver) talk->say_ready();
    if (state == In::kBusy || !page) talk->send({make_call(7)});
    if (state == In::kStarted) talk->say(FrameKind::kStart, 1);
    return talk;
}

TEST(Session, TakesEachKindOnlyWhereItIsLegal) {
    const std::string error = R"({"status":"TASK_FAILED"})";
    const struct {
        FrameKind kind;
        std::string body;
        Kind starting, ready, busy, busy_without_page, started, leaving;
    } table[] = {
        {FrameKind::kReady, R"({"protocol":1,"claims":true})", Kind::kReady, Kind::kViolation,
         Kind::kViolation, Kind::kViolation, Kind::kViolation, Kind::kViolation},
        {FrameKind::kFailed, error, Kind::kFailed, Kind::kViolation, Kind::kViolation,
         Kind::kViolation, Kind::kViolation, Kind::kViolation},
        {FrameKind::kStart, "", Kind::kViolation, Kind::kViolation, Kind::kViolation, Kind::kNone,
         Kind::kViolation, Kind::kViolation},
        {FrameKind::kResult, "", Kind::kViolation, Kind::kViolation, Kind::kAnswer, Kind::kAnswer,
         Kind::kAnswer, Kind::kViolation},
        {FrameKind::kError, error, Kind::kViolation, Kind::kViolation, Kind::kAnswer, Kind::kAnswer,
         Kind::kAnswer, Kind::kViolation},
        {FrameKind::kProgress, "[1]", Kind::kViolation, Kind::kViolation, Kind::kViolation,
         Kind::kViolation, Kind::kProgress, Kind::kViolation},
    };
    const auto is_legal_from_workers = [&](int kind) {
        return kind >= static_cast<int>(FrameKind::kReady) &&
               kind <= static_cast<int>(FrameKind::kProgress);
    };
    const auto hears = [](In state, FrameKind kind, const std::string& body) {
        return conversation_in(state)->say(kind, 1, body).kind;
    };
    for (const auto& row : table) {
        SCOPED_TRACE(static_cast<int>(row.kind));
        EXPECT_EQ(hears(In::kStarting, row.kind, row.body), row.starting);
        EXPECT_EQ(hears(In::kReady, row.kind, row.body), row.ready);
        EXPECT_EQ(hears(In::kBusy, row.kind, row.body), row.busy);
        EXPECT_EQ(hears(In::kBusyWithoutPage, row.kind, row.body), row.busy_without_page);
        EXPECT_EQ(hears(In::kStarted, row.kind, row.body), row.started);
        EXPECT_EQ(hears(In::kLeaving, row.kind, row.body), row.leaving);
        EXPECT_EQ(hears(In::kOver, row.kind, row.body), Kind::kNone);
    }
    for (int kind = 0; kind < 256; ++kind) {
        if (is_legal_from_workers(kind)) continue;
        SCOPED_TRACE(kind);
        for (const In state : {In::kStarting, In::kReady, In::kBusy, In::kStarted, In::kLeaving})
            EXPECT_EQ(hears(state, static_cast<FrameKind>(kind), "{}"), Kind::kViolation);
        EXPECT_EQ(hears(In::kOver, static_cast<FrameKind>(kind), "{}"), Kind::kNone);
    }
}

TEST(Session, AReportIsJsonAboutACallThatRuns) {
    Conversation talk(Page::kUsed);
    talk.start();
    const cf::FutureRef first = make_call(7);
    const cf::FutureRef second = make_call(8);
    talk.send({first, second});
    talk.write_word(0, {1, 0, cf::ClaimState::kClaimed});
    const auto event = talk.say(FrameKind::kProgress, 1, R"({"done":1})");
    ASSERT_EQ(event.kind, Kind::kProgress);
    EXPECT_EQ(event.running, first.get());
    EXPECT_EQ(talk.session().calls(), 2U) << "it stays out";
    EXPECT_EQ(talk.say(FrameKind::kProgress, 2, "1").kind, Kind::kViolation)
        << "the second of the chunk has not started";
    for (const std::string& body : {std::string(), std::string("{"), std::string(4097, '1')}) {
        Conversation other(Page::kNone);
        other.start();
        other.send({make_call(7)});
        other.say(FrameKind::kStart, 1);
        EXPECT_EQ(other.say(FrameKind::kProgress, 1, body).kind, Kind::kViolation) << body.size();
        EXPECT_NE(other.session().entries(), 0U);
    }
}

// --- sending ---

TEST(Session, NamesAFunctionOnceInAConversation) {
    Conversation talk(Page::kUsed);
    talk.start();
    uint32_t number = 0;
    std::vector<std::pair<FrameKind, uint32_t>> seen;
    for (const char* function : {"f", "g", "f", "quote\"d"}) {
        talk.send({make_call(10 + number, function)});
        for (const Sent& sent : talk.take_sent()) {
            seen.emplace_back(sent.header.kind, sent.header.function);
            const bool is_call = sent.header.kind == FrameKind::kCall;
            EXPECT_EQ(sent.header.task, is_call ? 10 + number : 0);
            EXPECT_TRUE(is_call || number < 3 || sent.body == R"("quote\"d")") << sent.body;
        }
        EXPECT_TRUE(talk.answer(++number));
    }
    EXPECT_EQ(seen, (std::vector<std::pair<FrameKind, uint32_t>>{{FrameKind::kFunction, 1},
                                                                 {FrameKind::kCall, 1},
                                                                 {FrameKind::kFunction, 2},
                                                                 {FrameKind::kCall, 2},
                                                                 {FrameKind::kCall, 1},
                                                                 {FrameKind::kFunction, 3},
                                                                 {FrameKind::kCall, 3}}));
}

TEST(Session, AChunkIsOneMessageWithConsecutiveNumbers) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send(
        {make_call(5, "f", "[1]"), make_call(6, "f", R"({"a": 2})"), make_call(7, "f", "[]")});
    auto sent = talk.take_sent();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[1].header.flags, cf::kCallIsChunk);
    EXPECT_EQ(sent[1].header.call, 1U);
    EXPECT_EQ(sent[1].header.task, 5U);
    EXPECT_EQ(sent[1].body, items({"[1]", R"({"a": 2})", "[]"}));
    EXPECT_FALSE(talk.session().has_room(3)) << "three calls are out";

    talk.send({make_call(8)});
    sent = talk.take_sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].header.call, 4U);
    EXPECT_EQ(sent[0].header.flags, 0);
}

TEST(Session, WithoutMemoryNothingWasSent) {
    Conversation talk(Page::kUsed);
    talk.start();
    const std::string arguments = "[\"" + std::string(1000, 'x') + "\"]";
    FutureList calls =
        dispatched({make_call(1, "a function", arguments), make_call(2, "a function")});
    for (int nth = 1;; ++nth) {
        bool sent = true;
        const FailingAllocation failing(nth, FailingAllocation::Mode::kOnce);
        try {
            talk.session().send(calls);
        } catch (const std::bad_alloc&) {
            sent = false;
        }
        if (sent) break;
        ASSERT_EQ(calls.size(), 2U);
        ASSERT_TRUE(talk.session().output().empty());
        ASSERT_EQ(talk.session().entries(), 0U);
    }
    const auto sent = talk.take_sent();
    ASSERT_EQ(sent.size(), 2U) << "the function's name, although it was tried before, and the call";
    EXPECT_EQ(sent[0].header.kind, FrameKind::kFunction);
    EXPECT_EQ(sent[0].header.function, 1U);
    EXPECT_EQ(sent[1].header.function, 1U);
    EXPECT_EQ(sent[1].header.call, 1U);
}

TEST(Session, UsesTheSlotOfAMessageThatIsOver) {
    Conversation talk(Page::kUsed);
    talk.start();
    const auto slot_of_next = [&](uint64_t task) {
        talk.send({make_call(task)});
        return talk.take_sent().back().header.slot;
    };
    EXPECT_EQ(slot_of_next(1), 0);
    EXPECT_EQ(slot_of_next(2), 1);
    EXPECT_EQ(talk.page().read(1).call, 2U);
    EXPECT_EQ(talk.page().read(1).state, ClaimState::kQueued);
    EXPECT_TRUE(talk.answer(1));
    EXPECT_EQ(slot_of_next(3), 0);
    EXPECT_EQ(talk.page().read(0).call, 3U);
    EXPECT_TRUE(talk.answer(2));
    EXPECT_EQ(slot_of_next(4), 1);
}

TEST(Session, T18NumbersOfCallsWrapToOneAndNeverInsideAChunk) {
    Conversation talk(Page::kUsed, UINT32_MAX - 1);
    talk.start();
    const auto number_of_next = [&](const std::vector<FutureRef>& calls) {
        talk.send(calls);
        return talk.take_sent().back().header.call;
    };
    EXPECT_EQ(number_of_next({make_call(1)}), UINT32_MAX - 1);
    EXPECT_EQ(number_of_next({make_call(2)}), UINT32_MAX);
    EXPECT_EQ(talk.answer(UINT32_MAX)->id(), 2U);
    EXPECT_EQ(number_of_next({make_call(3)}), 1U);
    EXPECT_EQ(talk.answer(UINT32_MAX - 1)->id(), 1U);
    EXPECT_EQ(talk.answer(1)->id(), 3U);

    Conversation edge(Page::kUsed, UINT32_MAX - 1);
    edge.start();
    edge.send({make_call(1), make_call(2)});
    EXPECT_EQ(edge.take_sent().back().header.call, UINT32_MAX - 1) << "it just fits";
    edge.send({make_call(3), make_call(4)});
    EXPECT_EQ(edge.take_sent().back().header.call, 1U);
    EXPECT_EQ(edge.answer(UINT32_MAX)->id(), 2U);
    EXPECT_EQ(edge.answer(2)->id(), 4U);
    EXPECT_FALSE(edge.answer(0)) << "0 is no call's number";
}

TEST(Session, OutputThatIsNeverEmptyDoesNotGrow) {
    Conversation talk(Page::kUsed);
    talk.start();
    const std::string big = "[\"" + std::string(100'000, 'x') + "\"]";
    talk.send({make_call(1, "f", big)});
    size_t most = 0;
    for (uint32_t number = 1; number < 200; ++number) {
        talk.send({make_call(number + 1, "f", big)});
        // The worker has read the first message and a part of the second when it answers.
        talk.session().wrote(talk.session().output().size() - big.size() / 2);
        ASSERT_TRUE(talk.answer(number));
        ASSERT_FALSE(talk.session().output().empty());
        most = std::max(most, talk.session().output_memory());
    }
    EXPECT_LT(most, 8 * big.size());
}

TEST(Session, WhatWasTakenBackDoesNotPileUpBeforeAWorkerThatDoesNotRead) {
    Conversation talk(Page::kUsed);
    talk.start();
    const std::string big = "[\"" + std::string(100'000, 'x') + "\"]";
    uint64_t sent = 0;
    while (talk.session().has_room(2)) {
        ASSERT_LT(sent, 100U);
        const FutureRef call = make_call(++sent, "f", big);
        talk.send({call});
        EXPECT_EQ(talk.session().recall(*call).size(), 1U);
    }
    EXPECT_EQ(talk.session().entries(), 0U);
    EXPECT_TRUE(talk.session().backlogged());
    talk.take_sent();
    EXPECT_TRUE(talk.session().has_room(2)) << "it reads again";
}

// --- answers ---

TEST(Session, TakesAnswersInAnyOrder) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send({make_call(1), make_call(2), make_call(3)});
    talk.send({make_call(4)});
    for (const uint32_t number : {4U, 2U, 3U, 1U}) {
        const FutureRef call = talk.answer(number, "[" + std::to_string(number) + "]");
        ASSERT_TRUE(call);
        EXPECT_EQ(call->id(), number);
        EXPECT_EQ(call->phase(), cf::Phase::kSucceeded);
        EXPECT_EQ(call->result_size(), 3U);
    }
    EXPECT_EQ(talk.session().entries(), 0U);
}

TEST(Session, AnAnswerMustBeAboutACallThatIsOut) {
    for (const uint32_t number : {0U, 2U, 4U, 5U, UINT32_MAX}) {
        Conversation talk(Page::kUsed);
        talk.start();
        const std::vector<FutureRef> calls{make_call(1), make_call(2), make_call(3)};
        talk.send(calls);
        ASSERT_TRUE(talk.answer(2));
        const auto event = talk.say(FrameKind::kResult, number, "1", cf::kResultIsJson);
        EXPECT_EQ(event.kind, Kind::kViolation) << number;
        EXPECT_FALSE(talk.answer(1)) << "it is not believed any more";
        EXPECT_FALSE(calls[0]->done());
    }
}

TEST(Session, EachKindOfResultArrives) {
    Conversation talk(Page::kUsed);
    talk.start();
    const struct {
        uint8_t flags;
        std::string body;
        cf::ResultKind kind;
        std::string result;
    } results[] = {{cf::kResultIsNone, "", cf::ResultKind::kNone, ""},
                   {cf::kResultIsJson, "\t{\"a\": 1 }\n", cf::ResultKind::kJson, "\t{\"a\": 1 }\n"},
                   {cf::kResultIsBytes, std::string("\0\xff", 2), cf::ResultKind::kBytes,
                    std::string("\0\xff", 2)},
                   {cf::kResultIsBytes, "", cf::ResultKind::kBytes, ""}};
    uint32_t number = 0;
    for (const auto& result : results) {
        talk.send({make_call(1)});
        const FutureRef call = talk.answer(++number, result.body, result.flags);
        ASSERT_TRUE(call);
        EXPECT_EQ(call->phase(), cf::Phase::kSucceeded);
        EXPECT_EQ(call->result_kind(), result.kind);
        EXPECT_EQ(call->result_size(), result.result.size());
        EXPECT_EQ(std::string(static_cast<const char*>(call->result_data()), call->result_size()),
                  result.result);
    }
}

TEST(Session, AnAnswerThatCannotBeReadFailsItsCallAlone) {
    const struct {
        FrameKind kind;
        uint8_t flags;
        std::string body;
        cf_status_t status;
    } answers[] = {
        {FrameKind::kResult, cf::kResultIsJson, "", CF_STATUS_DECODE_ERROR},
        {FrameKind::kResult, cf::kResultIsJson, "{\"a\":}", CF_STATUS_DECODE_ERROR},
        {FrameKind::kResult, cf::kResultIsJson, "\"\xff\"", CF_STATUS_DECODE_ERROR},
        {FrameKind::kResult, cf::kResultIsJson, std::string(100'000, '['), CF_STATUS_DECODE_ERROR},
        {FrameKind::kResult, cf::kResultIsJson, "1e999", CF_STATUS_DECODE_ERROR},
        {FrameKind::kResult, 3, "1", CF_STATUS_PROTOCOL_ERROR},
        {FrameKind::kResult, 255, "1", CF_STATUS_PROTOCOL_ERROR},
        {FrameKind::kError, 0, "", CF_STATUS_PROTOCOL_ERROR},
        {FrameKind::kError, 0, "[]", CF_STATUS_PROTOCOL_ERROR},
        {FrameKind::kError, 0, R"({"status":"OK"})", CF_STATUS_PROTOCOL_ERROR},
    };
    Conversation talk(Page::kUsed);
    talk.start();
    uint32_t number = 0;
    for (const auto& answer : answers) {
        talk.send({make_call(40 + number, "f")});
        const FutureRef call = talk.answer(++number, answer.body, answer.flags, answer.kind);
        ASSERT_TRUE(call) << answer.body.substr(0, 20);
        EXPECT_EQ(call->outcome_status(), answer.status) << answer.body.substr(0, 20);
        EXPECT_EQ(call->error()->fields().function, "f");
        EXPECT_EQ(call->error()->fields().task_id, 39 + number);
        EXPECT_EQ(talk.session().state(), Session::State::kReady);
    }
}

// --- START ---

TEST(Session, StartMakesACallRunning) {
    Conversation talk(Page::kNone);
    talk.start();
    const FutureRef call = make_call(1);
    talk.send({call});
    EXPECT_FALSE(talk.session().started(*call));
    EXPECT_EQ(talk.say(FrameKind::kStart, 1).kind, Kind::kNone);
    EXPECT_TRUE(talk.session().started(*call));
    EXPECT_EQ(call->phase(), cf::Phase::kRunning);
    EXPECT_TRUE(talk.answer(1));
    EXPECT_EQ(talk.say(FrameKind::kStart, 1).kind, Kind::kViolation) << "it is over";
}

TEST(Session, AnAnswerWithoutStartIsTakenToo) {
    Conversation talk(Page::kNone);
    talk.start();
    talk.send({make_call(1)});
    EXPECT_TRUE(talk.answer(1));
}

// --- recall ---

TEST(Session, RecallsACallThatHasNotStarted) {
    Conversation talk(Page::kUsed);
    talk.start();
    const FutureRef call = make_call(1);
    talk.send({call});
    EXPECT_TRUE(talk.session().holds(*call));
    const FutureList recalled = talk.session().recall(*call);
    EXPECT_EQ(tasks_of(recalled), Tasks{1});
    EXPECT_FALSE(call->state().dispatched());
    EXPECT_FALSE(call->joined());
    EXPECT_FALSE(talk.session().holds(*call));
    EXPECT_TRUE(talk.session().has_room(1));
    EXPECT_FALSE(talk.page().claim(0, 1)) << "the worker must not start it any more";
    EXPECT_EQ(talk.say(FrameKind::kResult, 1).kind, Kind::kViolation);
}

TEST(Session, ARecalledCallGetsANewNumber) {
    Conversation talk(Page::kUsed);
    talk.start();
    const FutureRef call = make_call(1);
    talk.send({call});
    FutureList recalled = talk.session().recall(*call);
    recalled.pop_front();
    talk.send({call});
    EXPECT_EQ(talk.take_sent().back().header.call, 2U);
    EXPECT_FALSE(talk.page().claim(0, 1)) << "the frame with the old number is still in the socket";
    EXPECT_TRUE(talk.page().claim(0, 2));
}

TEST(Session, DoesNotRecallWhatHasStarted) {
    Conversation with_page(Page::kUsed);
    Conversation without(Page::kNone);
    for (Conversation* talk : {&with_page, &without}) {
        talk->start();
        const FutureRef call = make_call(1);
        talk->send({call});
        const bool has_claimed = talk == &with_page && talk->page().claim(0, 1);
        EXPECT_EQ(talk->session().started(*call), talk == &with_page);
        EXPECT_EQ(has_claimed, talk == &with_page);
        EXPECT_TRUE(talk->session().recall(*call).empty());
        EXPECT_TRUE(talk->session().recall_all().empty());
        EXPECT_TRUE(talk->session().holds(*call));
        EXPECT_TRUE(talk->answer(1));
    }
}

TEST(Session, RecallInsideAChunkTakesWhatIsBehindTheRunningItem) {
    for (uint32_t running = 0; running < 4; ++running) {
        Conversation talk(Page::kUsed);
        talk.start();
        const std::vector<FutureRef> calls{make_call(1), make_call(2), make_call(3), make_call(4)};
        talk.send(calls);
        ASSERT_TRUE(talk.page().claim(0, 1));
        for (uint32_t i = 1; i <= running; ++i)
            ASSERT_TRUE(talk.page().advance(0, 1, i));
        for (uint32_t i = 0; i < 4; ++i)
            EXPECT_EQ(talk.session().started(*calls[i]), i <= running);
        for (uint32_t i = 0; i <= running; ++i)
            EXPECT_TRUE(talk.session().recall(*calls[i]).empty());
        Tasks behind;
        for (uint64_t task = running + 2; task <= 4; ++task)
            behind.push_back(task);
        const FutureList recalled =
            running < 3 ? talk.session().recall(*calls[3]) : talk.session().recall_all();
        EXPECT_EQ(tasks_of(recalled), behind);
        for (uint32_t i = running + 1; i < 4; ++i)
            EXPECT_EQ(calls[i]->joined(), i != running + 1) << "the first begins a message";
        EXPECT_FALSE(talk.page().advance(0, 1, running + 1));
        for (uint32_t i = 0; i <= running; ++i)
            EXPECT_TRUE(talk.answer(i + 1)) << i;
        EXPECT_EQ(talk.session().entries(), 0U);
    }
}

TEST(Session, RecallsAllThatHasNotStarted) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send({make_call(1), make_call(2)});
    talk.send({make_call(3)});
    ASSERT_TRUE(talk.page().claim(0, 1));
    EXPECT_EQ(tasks_of(talk.session().recall_all()), (Tasks{2, 3}));
    EXPECT_EQ(talk.session().entries(), 1U);
    EXPECT_TRUE(talk.session().recall_all().empty());
}

TEST(Session, RecallsWhatIsBehindTheFirstMessage) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send({make_call(1), make_call(2)});
    EXPECT_TRUE(talk.session().recall_behind().empty());
    talk.send({make_call(3)});
    talk.send({make_call(4), make_call(5)});
    const FutureList recalled = talk.session().recall_behind();
    EXPECT_EQ(tasks_of(recalled), (Tasks{3, 4, 5}));
    const cf::Future* last = FutureList::after(FutureList::after(recalled.front()));
    EXPECT_FALSE(FutureList::after(recalled.front())->joined())
        << "what were two messages stays two";
    EXPECT_TRUE(last->joined());
    talk.send({make_call(6)});
    ASSERT_TRUE(talk.page().claim(talk.take_sent().back().header.slot, 6));
    EXPECT_TRUE(talk.session().recall_behind().empty()) << "it has started";
}

TEST(Session, RecallsTheLaterHalfForAnIdleWorker) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send({make_call(1)});
    EXPECT_TRUE(talk.session().recall_half().empty()) << "the worker is about to run it";
    talk.send({make_call(2)});
    talk.send({make_call(3)});
    EXPECT_EQ(tasks_of(talk.session().recall_half()), (Tasks{3}));
    EXPECT_EQ(tasks_of(talk.session().recall_half()), (Tasks{2}));
}

TEST(Session, RecallsAChunkThatIsAloneInTwoMessages) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send({make_call(1), make_call(2), make_call(3), make_call(4), make_call(5)});
    ASSERT_TRUE(talk.page().claim(0, 1));
    const FutureList recalled = talk.session().recall_half();
    EXPECT_EQ(tasks_of(recalled), (Tasks{2, 3, 4, 5}));
    std::vector<bool> joined;
    for (const cf::Future* call = recalled.front(); call != nullptr; call = FutureList::after(call))
        joined.push_back(call->joined());
    EXPECT_EQ(joined, (std::vector<bool>{false, true, false, true}));
}

TEST(Session, AWordThatSaysSomethingElseCountsAsStarted) {
    const cf::Claim words[] = {{2, 0, ClaimState::kQueued},
                               {1, 0, ClaimState::kFree},
                               {1, 0, static_cast<ClaimState>(7)},
                               {1, cf::Claim::kMaxIndex, ClaimState::kClaimed},
                               {0, 0, ClaimState::kFree}};
    for (const cf::Claim& word : words) {
        Conversation talk(Page::kUsed);
        talk.start();
        const FutureRef call = make_call(1);
        talk.send({call});
        talk.write_word(0, word);
        EXPECT_TRUE(talk.session().started(*call));
        EXPECT_TRUE(talk.session().recall(*call).empty());
        EXPECT_TRUE(talk.session().recall_all().empty());
        EXPECT_TRUE(talk.answer(1)) << "garbage is the worker's loss alone";
    }
}

// --- death ---

struct Verdict {
    Tasks unstarted;
    std::vector<std::pair<uint64_t, bool>> lost;  // task, finished
    bool operator==(const Verdict&) const = default;
};

Verdict bury(Session& session) {
    FutureList unstarted;
    std::vector<Session::Lost> lost;
    session.bury(unstarted, lost);
    EXPECT_EQ(session.entries(), 0U);
    EXPECT_EQ(session.state(), Session::State::kOver);
    Verdict verdict{tasks_of(unstarted), {}};
    for (const Session::Lost& one : lost) {
        EXPECT_EQ(one.call->phase(), cf::Phase::kSettling);
        verdict.lost.emplace_back(one.call->id(), one.finished);
        one.call->settle(cf::Outcome());
    }
    while (const FutureRef call = unstarted.pop_front()) {
        EXPECT_EQ(call->phase(), cf::Phase::kPending);
        EXPECT_FALSE(call->state().dispatched());
    }
    return verdict;
}

TEST(Session, S01TheWordDecidesWhatADeathCosts) {
    constexpr auto kRecalled = ClaimState::kRecalled;
    constexpr auto kClaimed = ClaimState::kClaimed;
    constexpr auto kGarbage = static_cast<ClaimState>(6);
    const struct {
        cf::Claim word;
        Verdict single, chunk;  // of calls 1; of calls 1 to 3
    } table[] = {
        {{1, 0, ClaimState::kQueued}, {{1}, {}}, {{1, 2, 3}, {}}},
        {{1, 0, kClaimed}, {{}, {{1, false}}}, {{2, 3}, {{1, false}}}},
        {{1, 1, kClaimed}, {{}, {{1, true}}}, {{3}, {{1, true}, {2, false}}}},
        {{1, 2, kClaimed}, {{}, {{1, true}}}, {{}, {{1, true}, {2, true}, {3, false}}}},
        {{1, cf::Claim::kMaxIndex, kClaimed},
         {{}, {{1, true}}},
         {{}, {{1, true}, {2, true}, {3, true}}}},
        {{1, 2, ClaimState::kDone}, {{}, {{1, true}}}, {{}, {{1, true}, {2, true}, {3, true}}}},
        {{1, 0, kRecalled}, {{}, {{1, false}}}, {{}, {{1, false}, {2, false}, {3, false}}}},
        {{1, 0, ClaimState::kFree}, {{}, {{1, false}}}, {{}, {{1, false}, {2, false}, {3, false}}}},
        {{1, 0, kGarbage}, {{}, {{1, false}}}, {{}, {{1, false}, {2, false}, {3, false}}}},
        {{9, 0, ClaimState::kQueued},
         {{}, {{1, false}}},
         {{}, {{1, false}, {2, false}, {3, false}}}},
        {{9, 0, ClaimState::kDone}, {{}, {{1, false}}}, {{}, {{1, false}, {2, false}, {3, false}}}},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(testing::Message() << "call " << row.word.call << " index " << row.word.index
                                        << " state " << static_cast<int>(row.word.state));
        Conversation single(Page::kUsed);
        single.start();
        single.send({make_call(1)});
        single.write_word(0, row.word);
        EXPECT_EQ(bury(single.session()), row.single);

        Conversation chunk(Page::kUsed);
        chunk.start();
        chunk.send({make_call(1), make_call(2), make_call(3)});
        chunk.write_word(0, row.word);
        EXPECT_EQ(bury(chunk.session()), row.chunk);
    }
}

TEST(Session, WhatWasAnsweredBeforeADeathIsNotLost) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send({make_call(1), make_call(2), make_call(3)});
    talk.send({make_call(4)});
    ASSERT_TRUE(talk.page().claim(0, 1));
    ASSERT_TRUE(talk.page().advance(0, 1, 1));
    ASSERT_TRUE(talk.answer(1));
    EXPECT_EQ(bury(talk.session()), (Verdict{{3, 4}, {{2, false}}}));
}

TEST(Session, WhatWasTakenBackFromTheDeadIsNotLost) {
    Conversation talk(Page::kUsed);
    talk.start();
    const std::vector<FutureRef> calls{make_call(1), make_call(2), make_call(3)};
    talk.send(calls);
    ASSERT_TRUE(talk.page().claim(0, 1));
    EXPECT_EQ(tasks_of(talk.session().recall(*calls[1])), (Tasks{2, 3}));
    EXPECT_EQ(bury(talk.session()), (Verdict{{}, {{1, false}}}));
}

TEST(Session, WithoutAPageStartDecides) {
    Conversation talk(Page::kNone);
    talk.start();
    talk.send({make_call(1)});
    EXPECT_EQ(bury(talk.session()), (Verdict{{1}, {}}));

    Conversation started(Page::kNone);
    started.start();
    started.send({make_call(1)});
    started.say(FrameKind::kStart, 1);
    EXPECT_EQ(bury(started.session()), (Verdict{{}, {{1, false}}}));
}

TEST(Session, AViolationLosesTheStartedCallAlone) {
    Conversation talk(Page::kUsed);
    talk.start();
    talk.send({make_call(1)});
    talk.send({make_call(2)});
    ASSERT_TRUE(talk.page().claim(0, 1));
    EXPECT_EQ(talk.say_ready().kind, Kind::kViolation);
    EXPECT_EQ(bury(talk.session()), (Verdict{{2}, {{1, false}}}));
}

}  // namespace
}  // namespace cf_unit
