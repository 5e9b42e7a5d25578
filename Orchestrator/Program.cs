using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Commands;

return await CommandLineHost.RunAsync(OrchestratorCommand.Create(), args);
