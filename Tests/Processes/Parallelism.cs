// Fixtures wait for processes as much as they compute. What a process has one of is taken in turn (Support/Turn.cs).
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]
