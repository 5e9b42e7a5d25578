using TraversalLearning.Benchmarks;
using TraversalLearning.Hosting;

return await CommandLineHost.RunAsync(BenchCommand.Create(), args);
