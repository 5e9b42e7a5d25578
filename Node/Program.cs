using TraversalLearning.Hosting;
using TraversalLearning.NodeDaemon;

// A computation of libtorch cannot be cancelled, nor can a file that does not open.
return await CommandLineHost.RunAsync(NodeCommand.Create(), args, grace: TimeSpan.FromSeconds(8));
