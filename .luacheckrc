std = "min"
read_globals = { "setfenv", "loadstring" } -- of 5.1, used where they exist
max_line_length = 100

files["spec/**/*_spec.lua"].std = "min+busted"
files["rockspec/*.rockspec"].std = "rockspec"
files["spec/config.ld"].std = "+ldoc"
files["lua/wolfssl/transport/ngx.lua"].std = "ngx_lua"
