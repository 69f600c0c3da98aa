#include "net/test_http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "net/grpc_wire.h"

namespace vivace::net {
namespace {

nghttp2_nv MakeField(const std::string& name, const std::string& value) {
  nghttp2_nv field{};
  field.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  field.namelen = name.size();
  field.value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  field.valuelen = value.size();
  return field;
}

std::string Find(const Http2TestClient::Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

std::string Http2Reply::Header(std::string_view name) const { return Find(headers, name); }

std::string Http2Reply::Grpc(std::string_view name) const {
  const std::string trailer = Find(trailers, name);
  return trailer.empty() ? Find(headers, name) : trailer;
}

struct Http2TestClient::Callbacks {
  static Http2TestClient& Self(void* user) { return *static_cast<Http2TestClient*>(user); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* user) {
    Http2Reply& reply = Self(user).replies_[frame->hd.stream_id];
    std::pair<std::string, std::string> field(
        std::string(reinterpret_cast<const char*>(name), name_size),
        std::string(reinterpret_cast<const char*>(value), value_size));
    if (frame->headers.cat == NGHTTP2_HCAT_HEADERS) {
      reply.trailers.push_back(std::move(field));
    } else {
      reply.headers.push_back(std::move(field));
    }
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2TestClient& self = Self(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self.goaway_ = true;
      self.goaway_code_ = frame->goaway.error_code;
    }
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      self.replies_[frame->hd.stream_id].ended = true;
    }
    return 0;
  }
  static int OnData(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size, void* user) {
    Self(user).replies_[id].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int OnClose(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    Http2Reply& reply = Self(user).replies_[id];
    reply.closed = true;
    reply.reset_code = code;
    return 0;
  }
  static ssize_t Read(nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Upload& upload = Self(user).uploads_[id];
    const std::size_t take = std::min(size, upload.bytes.size());
    std::memcpy(buffer, upload.bytes.data(), take);
    upload.bytes.erase(0, take);
    if (upload.bytes.empty()) {
      if (upload.end) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
      } else if (take == 0) {
        upload.deferred = true;
        return NGHTTP2_ERR_DEFERRED;
      }
    }
    return static_cast<ssize_t>(take);
  }
};

Http2TestClient::Http2TestClient(const std::string& address, Options options) : client_(address) {
  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Callbacks::OnClose);
  nghttp2_option* option = nullptr;
  CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, options.auto_window_update ? 0 : 1);
  CHECK(nghttp2_session_client_new2(&session_, callbacks, this, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const std::array<nghttp2_settings_entry, 1> settings = {
      {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.window_bytes}}};
  CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
        0);
}

Http2TestClient::~Http2TestClient() { nghttp2_session_del(session_); }

std::int32_t Http2TestClient::Begin(const Fields& fields, std::string body, bool end) {
  std::vector<nghttp2_nv> nva;
  for (const auto& [name, value] : fields) nva.push_back(MakeField(name, value));
  nghttp2_data_provider provider{};
  provider.read_callback = &Callbacks::Read;
  const bool has_body = !body.empty() || !end;
  const std::int32_t id = nghttp2_submit_request(session_, nullptr, nva.data(), nva.size(),
                                                 has_body ? &provider : nullptr, nullptr);
  CHECK(id > 0);
  replies_[id];
  uploads_[id] = Upload{std::move(body), end, false};
  return id;
}

void Http2TestClient::SendData(std::int32_t stream, std::string body, bool end) {
  Upload& upload = uploads_[stream];
  upload.bytes += body;
  upload.end = end;
  if (upload.deferred) {
    upload.deferred = false;
    nghttp2_session_resume_data(session_, stream);
  }
}

void Http2TestClient::Reset(std::int32_t stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
}

void Http2TestClient::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void Http2TestClient::Step(std::chrono::milliseconds timeout) {
  while (true) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size <= 0) break;
    client_.Send({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)});
  }
  const std::string bytes = client_.ReadSome(64 * 1024, timeout);
  if (bytes.empty()) return;
  if (nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                               bytes.size()) < 0) {
    broken_ = true;
  }
}

const Http2Reply& Http2TestClient::Wait(std::int32_t stream, std::chrono::milliseconds timeout) {
  RunUntil([&] { return replies_[stream].closed; }, timeout);
  return replies_[stream];
}

Http2TestClient::Fields Http2TestClient::GrpcFields(const std::string& method,
                                                    const Fields& extra) {
  Fields fields = {{":method", "POST"}, {":scheme", "http"},
                   {":path", method},   {":authority", "test"},
                   {"te", "trailers"},  {"content-type", "application/grpc"}};
  fields.insert(fields.end(), extra.begin(), extra.end());
  return fields;
}

const Http2Reply& Http2TestClient::Call(const std::string& method, std::string_view message,
                                        Fields extra) {
  return Wait(Begin(GrpcFields(method, extra), FrameGrpcMessage(message)));
}

std::vector<std::string> GrpcMessages(std::string_view body) {
  std::vector<std::string> messages;
  while (body.size() >= 5) {
    CHECK(body[0] == 0);
    std::size_t size = 0;
    for (std::size_t i = 1; i < 5; ++i) size = (size << 8) | static_cast<unsigned char>(body[i]);
    CHECK(size <= body.size() - 5);
    messages.emplace_back(body.substr(5, size));
    body.remove_prefix(5 + size);
  }
  CHECK(body.empty());
  return messages;
}

}  // namespace vivace::net
