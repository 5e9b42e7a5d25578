using TraversalLearning.Hosting;
using TraversalLearning.NodeDaemon;

return await CommandLineHost.RunAsync(NodeCommand.Create(), args);
