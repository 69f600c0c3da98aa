#include "app/listening_file.h"

#include "base/json_writer.h"

namespace vivace::app {

Status WriteListeningFile(FileSystem& files, const std::string& path,
                          const ListeningAddresses& addresses) {
  JsonWriter json;
  json.BeginObject();
  json.Key("http").String(addresses.http);
  json.Key("otlp_http").String(addresses.otlp_http);
  json.Key("otlp_grpc").String(addresses.otlp_grpc);
  json.EndObject();
  const std::string temporary = path + ".tmp";
  if (files.Exists(temporary)) RETURN_IF_ERROR(files.Remove(temporary));
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files.CreateFile(temporary));
    RETURN_IF_ERROR(file->Append(AsBytes(json.Take() + "\n")));
    RETURN_IF_ERROR(file->Close());
  }
  return files.Rename(temporary, path);
}

}  // namespace vivace::app
