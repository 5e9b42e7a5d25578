namespace TraversalLearning.Wire;

/// <summary>Message type of a frame. The numbers are the protocol's (docs/reference/protocol.md) and never reused.</summary>
public enum MessageType : byte
{
    /// <summary>Node to orchestrator, first frame of a connection.</summary>
    Hello = 1,

    /// <summary>Orchestrator to node: admitted; describes the session.</summary>
    Welcome = 2,

    /// <summary>Orchestrator to node: not admitted; the connection ends.</summary>
    Reject = 3,

    /// <summary>Either way: still alive.</summary>
    Heartbeat = 4,

    /// <summary>Orchestrator to node: training is over, end in good order.</summary>
    Shutdown = 5,

    /// <summary>Orchestrator to node, before it is admitted: prove that you know the token.</summary>
    Challenge = 6,

    /// <summary>Node to orchestrator: answer to <see cref="Challenge"/>.</summary>
    Proof = 7,

    /// <summary>Node to orchestrator: this node cannot do its part, and ends.</summary>
    Leave = 8,

    /// <summary>Node to orchestrator, in place of <see cref="Hello"/>: this node's policy does not allow this orchestrator.</summary>
    Decline = 9,

    /// <summary>Orchestrator to node: which sample indices do you hold?</summary>
    IndexRangeQuery = 16,

    /// <summary>Node to orchestrator: answer to <see cref="IndexRangeQuery"/>.</summary>
    IndexRange = 17,

    /// <summary>Orchestrator to node: parameters and the indices of one visit.</summary>
    ForwardPass = 18,

    /// <summary>Node to orchestrator: activations, gradients at the logits, loss and hits.</summary>
    ForwardResult = 19,

    /// <summary>Orchestrator to node: the gradients at the node's activations.</summary>
    Backward = 20,

    /// <summary>Node to orchestrator: the first-layer parameter gradients.</summary>
    BackwardResult = 21,

    /// <summary>Node to orchestrator: the task of this request id failed.</summary>
    TaskFailed = 22,

    /// <summary>Node to orchestrator, with a relay: activations.</summary>
    ActivationResult = 23,

    /// <summary>Orchestrator to node, with a relay: the logits of the visit's rows.</summary>
    LossPass = 24,

    /// <summary>Node to orchestrator, with a relay: gradients at the logits, loss and hits.</summary>
    LossResult = 25,

    /// <summary>Orchestrator to node: parameters to train from, on the node's own samples.</summary>
    LocalTraining = 26,

    /// <summary>Node to orchestrator: the parameters after <see cref="LocalTraining"/>.</summary>
    LocalResult = 27,

    /// <summary>Orchestrator to node, with a relay: a turn of split learning begins, with these parameters.</summary>
    TurnStart = 30,

    /// <summary>Node to orchestrator: <see cref="TurnStart"/> or <see cref="TurnBackward"/> is done.</summary>
    TurnAck = 31,

    /// <summary>Orchestrator to node: the indices of a batch of the turn.</summary>
    TurnForward = 32,

    /// <summary>Orchestrator to node: the gradients at the activations of a batch of the turn.</summary>
    TurnBackward = 33,

    /// <summary>Orchestrator to node: the turn ends.</summary>
    TurnEnd = 34,

    /// <summary>Node to orchestrator: the parameters after the turn.</summary>
    TurnResult = 35,

    /// <summary>Orchestrator to node: mix your model with your neighbours', and train it.</summary>
    GossipRound = 36,

    /// <summary>Node to orchestrator: the node's model after <see cref="GossipRound"/>, and whom it sends it to.</summary>
    GossipResult = 37,

    /// <summary>Orchestrator to node: how does this θ do on these of your samples?</summary>
    ValidationPass = 40,

    /// <summary>Node to orchestrator: sums over them.</summary>
    ValidationResult = 41,

    /// <summary>Orchestrator to node: admitted, to say what its table is like, before there is a run.</summary>
    Prepare = 50,

    /// <summary>Orchestrator to node, while a run is prepared: what is your table like?</summary>
    StatisticsQuery = 51,

    /// <summary>Node to orchestrator: answer to <see cref="StatisticsQuery"/>.</summary>
    Statistics = 52,

    /// <summary>Worker of a study to its runner: who I am.</summary>
    WorkerHello = 60,

    /// <summary>Runner to worker: answer to <see cref="WorkerHello"/>.</summary>
    WorkerWelcome = 61,

    /// <summary>Worker to runner: what is there to do?</summary>
    RunQuery = 62,

    /// <summary>Runner to worker: answer to <see cref="RunQuery"/>, a run.</summary>
    RunOffer = 63,

    /// <summary>Runner to worker: answer to <see cref="RunQuery"/>, nothing for now.</summary>
    NoRun = 64,

    /// <summary>Worker to runner: an epoch is over.</summary>
    RunProgress = 65,

    /// <summary>Runner to worker: answer to <see cref="RunProgress"/>, <see cref="RunFile"/>, <see cref="RunFilesSent"/> and <see cref="RunEnded"/>.</summary>
    RunVerdict = 66,

    /// <summary>Either way: a piece of a file.</summary>
    RunFile = 67,

    /// <summary>Worker to runner: a piece of a file, please.</summary>
    RunFileQuery = 68,

    /// <summary>Worker to runner: the files are complete.</summary>
    RunFilesSent = 69,

    /// <summary>Worker to runner: the run has ended.</summary>
    RunEnded = 70,

    /// <summary>Orchestrator to node, blind: what the run is.</summary>
    BlindStart = 80,

    /// <summary>Node to orchestrator: what it has of the run.</summary>
    BlindReady = 81,

    /// <summary>Orchestrator to node: a key epoch begins.</summary>
    KeyQuery = 82,

    /// <summary>Node to orchestrator: its public key.</summary>
    KeyOffered = 83,

    /// <summary>Orchestrator to node: the public keys of all.</summary>
    KeyRound = 84,

    /// <summary>Node to orchestrator: it has the keys of the key epoch.</summary>
    KeyAgreed = 85,

    /// <summary>Orchestrator to node: the masked sum of the previous step, and the next step.</summary>
    BlindStep = 86,

    /// <summary>Node to orchestrator: its masked part of a step.</summary>
    BlindSum = 87,

    /// <summary>Orchestrator to node: the masked sum of a step, and no further one.</summary>
    BlindApply = 88,

    /// <summary>Node to orchestrator: answer to <see cref="BlindApply"/>.</summary>
    BlindApplied = 89,

    /// <summary>Orchestrator to node: evaluate the model.</summary>
    BlindEvaluation = 90,

    /// <summary>Node to orchestrator: its masked part of an evaluation.</summary>
    BlindScores = 91,

    /// <summary>Orchestrator to node: seal the state of training.</summary>
    SealQuery = 92,

    /// <summary>Node to orchestrator: the sealed state.</summary>
    SealedState = 93,

    /// <summary>Orchestrator to node: take over a sealed state.</summary>
    Unseal = 94,

    /// <summary>Orchestrator to node: training is over.</summary>
    BlindFinish = 95,

    /// <summary>Node to orchestrator: answer to <see cref="BlindFinish"/>.</summary>
    BlindFinished = 96,

    /// <summary>Applicant to CA, first frame of a connection: what it wants.</summary>
    ApplicantHello = 100,

    /// <summary>CA to applicant: answer to <see cref="ApplicantHello"/>, its certificate.</summary>
    AuthorityIdentity = 101,

    /// <summary>Applicant to CA: a signing request, with a proof.</summary>
    SigningQuery = 102,

    /// <summary>CA to applicant: a person is asked.</summary>
    SigningPending = 103,

    /// <summary>CA to applicant: answer to <see cref="SigningQuery"/>, the certificate.</summary>
    SigningGrant = 104,

    /// <summary>CA to applicant: the list of revoked certificates.</summary>
    RevokedCertificates = 105,
}
