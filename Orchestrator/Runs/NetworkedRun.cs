using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Training on nodes, by the method given in the options.</summary>
/// <param name="nodes">The nodes, if the run starts its own.</param>
internal sealed class NetworkedRun(INodeCrew? nodes)
{
    /// <summary>
    /// Chooses the cut and exchange that <c>auto</c> leaves open. Each trial is a session of its own; nodes reconnect
    /// for the next one, on the same port.
    /// </summary>
    public async Task<RunContext> ChooseSplitAsync(RunContext context, OrchestratorLog log, CancellationToken cancellationToken)
    {
        int port = context.Options.Port;
        IReadOnlyList<NodeData> data = [];
        RunContext chosen = await SplitTrials.ChooseAsync(
            context,
            async (candidate, hopeless) =>
            {
                bool first = data.Count == 0;
                await using var session = new TrainingSession(candidate.OnPort(port), log, data);
                port = session.Endpoint.Port;
                nodes?.Start(session.Endpoint);
                return await WithNodesAsync(session, candidate.Options, async () =>
                {
                    TimeSpan step = await SplitTrials.MeasureAsync(session, first, hopeless, cancellationToken);
                    data = session.Data;
                    return step;
                });
            },
            log);
        return chosen.OnPort(port);
    }

    /// <summary>Trains the model.</summary>
    /// <exception cref="UserErrorException">A node was lost or failed, or the data is invalid.</exception>
    public async Task<RunOutcome> TrainAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        bool isBlind = run.Context.Setup.Exchange.Kind().IsBlind;

        // Where only the nodes have the model, they have the test samples too.
        using SampleTensors? test = isBlind ? null : run.Context.ReadTest();
        await using var session = new TrainingSession(run.Context, run.Log, run.KnownData, test, run.ResumedFrom);
        nodes?.Start(session.Endpoint);
        return await WithNodesAsync(session, run.Context.Options, async () =>
        {
            ITrainingMethod? method = null;
            Validator? validate = null;
            if (run.IsTrained && !isBlind)
            {
                await session.AwaitStragglersAsync(cancellationToken);
            }
            else
            {
                int[] sampleCounts = await session.SampleCountsAsync(cancellationToken);
                method = TrainingMethods.Of(run.Context.Options.Algorithm).Create(session.Parts, sampleCounts);
                validate = isBlind ? null : session.NewValidator(sampleCounts);
            }

            var parts = new TrainingParts(session.Model, method, session.Data, test)
            {
                Traffic = () => session.Traffic,
                Holder = (method as BlindMethod)?.Holder ?? new ModelHolder(session.Model, test, validate),
            };
            RunOutcome outcome = await run.TrainAsync(parts, cancellationToken);
            await session.FinishAsync("training is complete");
            return outcome with { Nodes = session.Nodes };
        });
    }

    /// <summary>Tells the nodes to shut down if the work with them fails, and adds advice to the error.</summary>
    private static async Task<T> WithNodesAsync<T>(TrainingSession session, RunOptions options, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NodeLostException e)
        {
            await session.FinishAsync("training ended early");
            string advice = options.OnNodeLoss == OnNodeLoss.Abort
                ? "start it again"
                : e.Advice;
            throw new UserErrorException(ExitCode.NodeLost, $"{e.Message}; {advice}", e);
        }
        catch (TaskFailedException e) when (e.IsDivergence)
        {
            await session.FinishAsync("training ended early");
            string data = session.DescribeNumbersOf(e.NodeId) is { } numbers ? $"{e.Message} ({numbers})" : e.Message;
            throw new DivergedException(data, inner: e);
        }
        catch (Exception e) when (TrainingErrors.Training.Covers(e))
        {
            await session.FinishAsync("training ended early");
            throw TrainingErrors.Training.Of(e);
        }
        catch (Exception e)
        {
            await session.FinishAsync(e is OperationCanceledException ? "training was cancelled" : "training ended early");
            throw;
        }
    }
}
