using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Cli;

return await CommandLineHost.RunAsync(OrchestratorCommand.Create(), args);
