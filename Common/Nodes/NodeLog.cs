using NLog;

namespace TraversalLearning.Nodes;

/// <summary>What a node logs. The numbers name the events and are never reused.</summary>
internal sealed class NodeLog(Logger logger)
{
    public void Connecting(string endpoint) => logger.Info("[2001] connecting to {endpoint}", endpoint);

    public void ConnectFailed(string endpoint, string reason, TimeSpan retryIn) =>
        logger.Info("[2002] cannot reach {endpoint}: {reason}; trying again in {seconds:0.0} s", endpoint, reason, retryIn.TotalSeconds);

    public void Admitted(string session, TrainingSetup setup) => logger.Info(
        "[2003] admitted to session {session}: model {model}, cut after {layer}, {type}, {exchange}",
        session,
        setup.Model.Name,
        setup.Model.Layers[setup.Cut - 1].Name,
        setup.ElementType,
        setup.Exchange);

    public void Lost(string reason) => logger.Warn("[2004] the connection ended: {reason}", reason);

    public void Rejected(string code, string text) => logger.Warn("[2005] not admitted now ({code}): {text}", code, text);

    public void ShutDown(string reason) => logger.Info("[2006] the orchestrator ends the session: {reason}", reason);

    public void TaskFailed(Exception e, string task) => logger.Error(e, "[2007] {task} failed", task);

    public void TaskDone(string task, TimeSpan elapsed) => logger.Debug("[2008] {task} took {milliseconds:0.00} ms", task, elapsed.TotalMilliseconds);
}
