// Only fixtures that ask for it run in parallel. Their tests mostly wait for a deadline to pass, not for a core.
[assembly: LevelOfParallelism(8)]
