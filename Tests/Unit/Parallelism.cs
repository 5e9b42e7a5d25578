// Fixtures share no state, and none here computes with torch.
[assembly: Parallelizable(ParallelScope.Fixtures)]
