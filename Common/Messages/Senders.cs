namespace TraversalLearning.Messages;

/// <summary>Senders of messages: in a run the orchestrator and its nodes, in a study its runner and its workers.</summary>
[Flags]
public enum Senders
{
    /// <summary>No sender.</summary>
    None = 0,

    /// <summary>A node, to its orchestrator.</summary>
    Node = 1,

    /// <summary>The orchestrator, to a node.</summary>
    Orchestrator = 2,

    /// <summary>A worker, to its study.</summary>
    Worker = 4,

    /// <summary>A study, to a worker.</summary>
    Study = 8,

    /// <summary>All senders.</summary>
    All = Node | Orchestrator | Worker | Study,
}
