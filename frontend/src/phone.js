// The phone's one script: small, because it must be here before the network goes. The scanner comes after it.
import './phone.css'
import './phone/app.js'
