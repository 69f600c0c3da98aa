# vivace_web_assets(TARGET): builds web/ with npm and embeds the result in TARGET, which gets
# web_assets.bin and web_assets_index.inc on its include path and VIVACE_WEB_ASSETS defined.
# With VIVACE_WEB=OFF, or without Node.js, the binary is built without the UI.

option(VIVACE_WEB "Build and embed the web UI (needs Node.js 20.19 or newer)" ON)

function(vivace_web_assets target)
  find_program(VIVACE_NODE node)
  find_program(VIVACE_NPM npm)
  if(NOT VIVACE_WEB OR NOT VIVACE_NODE OR NOT VIVACE_NPM)
    message(STATUS "web UI: not built (VIVACE_WEB is ${VIVACE_WEB}, node: ${VIVACE_NODE})")
    return()
  endif()
  set(web ${PROJECT_SOURCE_DIR}/web)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/web)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/* ${web}/scripts/*)
  # One build of the web UI serves all presets that follow in the same tree of outputs.
  add_custom_command(
    OUTPUT ${out}/npm.stamp
    COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
    COMMAND ${VIVACE_NPM} ci --ignore-scripts --silent --no-audit --no-fund
    COMMAND ${CMAKE_COMMAND} -E touch ${out}/npm.stamp
    DEPENDS ${web}/package-lock.json
    WORKING_DIRECTORY ${web}
    COMMENT "web UI: installing packages" VERBATIM)
  add_custom_command(
    OUTPUT ${out}/web_assets.bin ${out}/web_assets_index.inc
    COMMAND ${VIVACE_NPM} run --silent build -- --outDir ${out}/dist --emptyOutDir
    COMMAND ${VIVACE_NODE} ${PROJECT_SOURCE_DIR}/tools/embed_web.mjs ${out}/dist ${out}
    DEPENDS ${out}/npm.stamp ${sources} ${web}/index.html ${web}/package.json ${web}/vite.config.ts
            ${web}/tsconfig.json ${PROJECT_SOURCE_DIR}/tools/embed_web.mjs
    WORKING_DIRECTORY ${web}
    COMMENT "web UI: building" VERBATIM)
  add_custom_target(${target}_web DEPENDS ${out}/web_assets.bin ${out}/web_assets_index.inc)
  add_dependencies(${target} ${target}_web)
  target_include_directories(${target} PRIVATE ${out})
  target_compile_definitions(${target} PRIVATE VIVACE_WEB_ASSETS="${out}/web_assets.bin")
  set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/web_assets_data.cc APPEND PROPERTY
    OBJECT_DEPENDS "${out}/web_assets.bin;${out}/web_assets_index.inc")
endfunction()
