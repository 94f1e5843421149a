-- Loaded before all specs. busted forgets after each file which modules it has loaded; luv would be
-- opened a second time over the loop of the first, which is gone when the collector has been there.

pcall(require, "luv")
