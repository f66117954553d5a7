import type { FaultClass, FaultStage, MailFault } from "@postrider/core/ports/mail-fault"

/** A fault with everything null that `facts` leave out, and the settings not to blame. */
export const newFault = (
  faultClass: FaultClass,
  stage: FaultStage,
  facts: Partial<Omit<MailFault, "class" | "stage">> = {},
): MailFault => ({
  class: faultClass,
  stage,
  code: null,
  enhancedCode: null,
  response: null,
  fix: null,
  misconfigured: false,
  ...facts,
})
