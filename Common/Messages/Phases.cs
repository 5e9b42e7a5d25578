namespace TraversalLearning.Messages;

/// <summary>When messages are sent: a connection has a handshake, an admission, and one session of some kind. Limits go by them, too (<see cref="Wire.WireLimits"/>).</summary>
[Flags]
public enum Phases
{
    /// <summary>Never.</summary>
    None = 0,

    /// <summary>Before the peer is admitted.</summary>
    Handshake = 1,

    /// <summary>The one message that admits it.</summary>
    Admission = 2,

    /// <summary>A session in which a run is prepared.</summary>
    Preparation = 4,

    /// <summary>The session of a run.</summary>
    Run = 8,

    /// <summary>The session of a worker with its study.</summary>
    Study = 16,

    /// <summary>A session of any kind.</summary>
    Session = Preparation | Run | Study,
}
