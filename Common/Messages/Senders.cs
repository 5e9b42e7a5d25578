namespace TraversalLearning.Messages;

/// <summary>Senders of messages: in a run the orchestrator and its nodes, in a study its runner and its workers, in an enrolment a CA and whoever wants a certificate.</summary>
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

    /// <summary>All senders of a run or a study.</summary>
    All = Node | Orchestrator | Worker | Study,

    /// <summary>An applicant, to a CA.</summary>
    Applicant = 16,

    /// <summary>A CA, to an applicant.</summary>
    Authority = 32,
}
