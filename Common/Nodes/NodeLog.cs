using NLog;

namespace TraversalLearning.Nodes;

/// <summary>What a node logs. The numbers name the events and are never reused.</summary>
/// <param name="logger">Where to.</param>
/// <param name="nodeId">Whose events these are: said where there are several nodes.</param>
/// <param name="crowd">The nodes of this process, where there are several.</param>
internal sealed class NodeLog(Logger logger, int nodeId = 0, NodeCrowd? crowd = null)
{
    public void Connecting(string endpoint) => Say(LogLevel.Info, 2001, "connecting to {endpoint}", endpoint);

    public void ConnectFailed(string endpoint, string reason, TimeSpan retryIn) =>
        Say(LogLevel.Info, 2002, "cannot reach {endpoint}: {reason}; trying again in {seconds:0.0} s", endpoint, reason, retryIn.TotalSeconds);

    public void Admitted(string session, TrainingSetup setup)
    {
        object[] arguments = [session, setup.Model.Name, setup.Model.Layers[setup.Cut - 1].Name, setup.ElementType, setup.Exchange];
        const string Text = "admitted to session {session}: model {model}, cut after {layer}, {type}, {exchange}";
        Say(LogLevel.Info, 2003, Text, arguments);
        if (crowd?.Enter() == true)
        {
            logger.Info($"[2020] all {crowd.Count} nodes are {Text}", arguments);
        }
    }

    public void Lost(string reason)
    {
        Say(LogLevel.Warn, 2004, "the connection ended: {reason}", reason);
        crowd?.Leave();
    }

    public void Rejected(string code, string text) => Say(LogLevel.Warn, 2005, "not admitted now ({code}): {text}", code, text);

    public void ShutDown(string reason)
    {
        Say(LogLevel.Info, 2006, "the orchestrator ends the session: {reason}", reason);
        crowd?.Leave();
    }

    public void TaskFailed(Exception e, string task) => logger.Error(e, Text(2007, "{task} failed"), task);

    public void TaskDone(string task, TimeSpan elapsed)
    {
        if (logger.IsDebugEnabled)
        {
            logger.Debug(Text(2008, "{task} took {milliseconds:0.00} ms"), task, elapsed.TotalMilliseconds);
        }
    }

    public void TableDescribed(string session) => Say(LogLevel.Info, 2013, "session {session} prepares a run: it is told what this node's table is like", session);

    public void ComesBack(string endpoint, string reason, TimeSpan delay) => Say(
        LogLevel.Info, 2014, "the session before the run has ended ({reason}); connecting to {endpoint} again in {seconds:0.0} s", reason, endpoint, delay.TotalSeconds);

    /// <summary>Of the process, and so without a node's id.</summary>
    public void Figures(NodeFigures figures) => logger.Info(
        "[2009] figures: peak_memory_bytes={peak} visits={visits} visit_allocated_bytes={allocated} visit_processor_ms={processor:0.000}",
        figures.PeakMemoryBytes,
        figures.Visits,
        figures.VisitAllocatedBytes,
        figures.VisitProcessorMilliseconds);

    public void Ended(Exception reason) => Say(LogLevel.Warn, 2021, "ends: {reason}", reason.Message);

    public void AllEnded(int failed) => logger.Info("[2022] all {count} nodes have ended, {failed} of them by an error", crowd!.Count, failed);

    private void Say(LogLevel level, int number, string text, params object[] arguments)
    {
        if (crowd is null)
        {
            logger.Log(level, Text(number, text), arguments);
            return;
        }

        bool passes = crowd.Events.TryPass(number, out long held);
        string more = held > 0 ? $" ({held} more nodes alike)" : string.Empty;
        logger.Log(passes ? level : LogLevel.Debug, Text(number, text) + more, arguments);
    }

    private string Text(int number, string text) => crowd is null ? $"[{number}] {text}" : $"[{number}] node {nodeId}: {text}";
}
